#!/bin/sh
# reaper.sh FOLDER SIGNAL: waits until its standard input ends, which it does also when the test process is killed, then
# ends every process that works in the folder and removes the folder. It runs in a session of its own: Ctrl-C spares it.
folder=$1
signal=$2

working() {
  # A zombie has no working folder any more: it does not count.
  find /proc/[0-9]* -maxdepth 1 -name cwd \( -lname "$folder" -o -lname "$folder/*" \) 2> /dev/null | cut -d / -f 3
}

# send SIGNAL [TIMES]: until nobody is left, or so many times ten milliseconds
send() {
  tries=$2
  while pids=$(working) && [ -n "$pids" ] && [ "$tries" -gt 0 ]; do
    # shellcheck disable=SC2086
    kill -s "$1" $pids 2> /dev/null
    # What was paused only takes a signal once it goes on.
    # shellcheck disable=SC2086
    kill -s CONT $pids 2> /dev/null
    sleep 0.01
    tries=$((tries - 1))
  done
}

while read -r _; do :; done
send "$signal" 300
send KILL 1000

# A PostgreSQL that was killed leaves a segment of shared memory: the seventh line of this file says which.
segment=$(sed -n '7s/.* //p' "$folder/data/postmaster.pid" 2> /dev/null)
if [ -n "$segment" ]; then ipcrm -m "$segment" 2> /dev/null; fi
rm -rf "$folder"
