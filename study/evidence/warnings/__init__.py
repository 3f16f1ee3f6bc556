"""What may be wrong with a study: the catalogue of its warnings, and the functions that find them
in frames.
"""
