#!/usr/bin/env bash
# Run commands at the same time, such as the two ends of a named pipe.
#
#   run_together.sh COMMAND COMMAND ...
#
# Each COMMAND is text for a shell. The first that fails ends the others, which might wait for it
# for ever, and its exit code is this script's. Being killed ends them as well.
set -uo pipefail -m # -m: each command is a process group, so that its children end with it

# Again until none runs: between its fork and its exec, a child of bash may lose the signal.
finish() {
  exec 2> /dev/null # bash would tell of each that it is terminated
  for _ in {1..100}; do
    groups=$(jobs -pr)
    test -n "$groups" || return
    for group in $groups; do kill -TERM -- "-$group"; done
    sleep 0.1
  done
  for group in $(jobs -pr); do kill -KILL -- "-$group"; done
}
trap finish EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

for command in "$@"; do
  bash -e -o pipefail -c "$command" < /dev/null &
done
for _ in "$@"; do
  wait -n || exit $?
done
