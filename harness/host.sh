#!/bin/sh
# First process of one host of the test cluster: host.sh NAME ADDRESS FOLDER SHARED...
# It owns a network, a process table, /run, /dev/shm and the folders $OWN, /tmp among them; every folder SHARED below one of
# these stays that of the machine. $GROUPS_OF_HOST: its control groups, if any.
set -eu
name=$1 address=$2 folder=$3
shift 3
hostname "$name"
for file in hosts passwd group; do
  mount --bind "$folder/$file" "/etc/$file"
done
for own in $OWN; do
  mkdir -p "$folder/machine$own"
  mount --bind "$own" "$folder/machine$own"
  mount -t tmpfs -o mode=755 tmpfs "$own"
done
chmod 1777 /tmp
for shared; do
  mkdir -p "$shared"
  mount --bind "$folder/machine$shared" "$shared"
done
mount -t tmpfs -o mode=1777,size=2g tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
for group in ${GROUPS_OF_HOST:-}; do # what this host has of a controller is all that it sees of it
  controller=${group#/sys/fs/cgroup/}
  mount --bind "$group" "/sys/fs/cgroup/${controller%%/*}"
done
mkdir -m 755 /run/munge
ip link set lo up
if [ "$name" = ctl ]; then ip link add eth0 type bridge; fi # the switch that all cables end in
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip address add "$address/24" dev eth0
ip link set eth0 up
logs=$folder/$name
mkdir -p "$logs/spool"
munged --force --key-file="$folder/munge.key" --log-file="$logs/munged.log" --seed-file="$logs/munged.seed" \
  --pid-file=/run/munge/munged.pid
if [ "$name" = ctl ]; then slurmctld; else slurmd; fi
while :; do sleep 3600 & wait $! || :; done # the host ends with this process, which also reaps orphans
