#!/usr/bin/env bash
# Run commands at the same time, such as the two ends of a named pipe.
#
#   run_together.sh COMMAND COMMAND ...
#
# Each COMMAND is text for a shell. The first that fails ends the others, which might wait for it
# for ever, and its exit code is this script's. Being killed ends them as well.
set -uo pipefail -m # -m: each command is a process group, so that its children end with it

finish() {
  for group in $(jobs -p); do kill -TERM -- "-$group" 2> /dev/null; done
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
