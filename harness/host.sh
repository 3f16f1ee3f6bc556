#!/bin/sh
# First process of one host of the test cluster: host.sh NAME ADDRESS FOLDER SHARED...
# It owns a network, a process table, /tmp, /run and /dev/shm; every folder SHARED below /tmp stays that of the machine.
set -eu
name=$1 address=$2 folder=$3
shift 3
hostname "$name"
mount --bind "$folder/hosts" /etc/hosts
mkdir -p "$folder/machine-tmp"
mount --bind /tmp "$folder/machine-tmp"
mount -t tmpfs -o mode=1777 tmpfs /tmp
for shared; do
  mkdir -p "$shared"
  mount --bind "$folder/machine-tmp/${shared#/tmp/}" "$shared"
done
mount -t tmpfs -o mode=1777,size=2g tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 755 /run/munge
ip link set lo up
if [ "$name" = ctl ]; then ip link add eth0 type bridge; fi # the switch that all cables end in
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip address add "$address/24" dev eth0
ip link set eth0 up
own=$folder/$name
mkdir -p "$own/spool"
munged --force --key-file="$folder/munge.key" --log-file="$own/munged.log" --seed-file="$own/munged.seed" \
  --pid-file=/run/munge/munged.pid
if [ "$name" = ctl ]; then slurmctld; else slurmd; fi
while :; do sleep 3600 & wait $! || :; done # the host ends with this process, which also reaps orphans
