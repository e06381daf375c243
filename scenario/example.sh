#!/usr/bin/env bash
# The main job on an organisation that does not exist: its logs, inventory and
# price list go in; audit lines, cost by principal and blame come out.
# usage: example.sh KOPTER
set -euo pipefail
kopter=$1
here=demo-data
export KOPTER_DATA=$here/store
rm -rf "$here"

run() {
  printf '\n\033[1m$ kopter %s\033[0m\n' "$*"
  "$kopter" "$@"
}

run simulate --out $here/aws --events 50000 --organisation --files-per-hour 2
run ingest $here/aws/logs
run prices import $here/aws/prices
run inventory import --complete $here/aws/describe
run search --limit 8 'name:RunInstances -error_code:*'
run search --count-by source,name --limit 8
run search --count-by actor,error_code --limit 5 'error_code:*'
run cost --by principal --step total --limit 10
run blame --limit 10
run check

cat <<'NEXT'

The data stays in ./demo-data. Try:
  KOPTER_DATA=demo-data/store bin/kopter search 'actor:* ip:198.51.100.0/24'
  KOPTER_DATA=demo-data/store bin/kopter cost --by tag.team --step day
NEXT
