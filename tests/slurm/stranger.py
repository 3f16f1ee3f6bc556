"""Ask Ray's servers something over the network: stranger.py TOKEN HOST:PORT METHOD, with an empty
token for none.

Prints gRPC's word for the answer, such as OK or UNAUTHENTICATED.
"""

from __future__ import annotations

import sys

import grpc

if __name__ == "__main__":
    token, address, method = sys.argv[1:]
    metadata = [("authorization", f"Bearer {token}")] if token else []
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(method)  # an empty message is a valid request
        try:
            ask(b"", metadata=metadata, timeout=20)
            print("OK")
        except grpc.RpcError as error:
            print(error.code().name)
