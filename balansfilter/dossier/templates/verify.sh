#!/bin/sh
# Verifies this bundle with coreutils, jq and openssl alone.
# Usage: sh verify.sh [PUBLIC_KEY.pem [KEPT_SEQ:KEPT_HASH]]
set -eu
cd "$(dirname "$0")"
fail() { echo "FAIL: $1" >&2; exit 1; }
digest() { sha256sum | cut -d ' ' -f 1; }

# 1. No file of the bundle was changed on its way.
sha256sum --check --quiet --strict SHA256SUMS || fail "a file is not as it was bundled"
echo "ok: the files are as they were bundled"

# 2. Every line of the ledger matches its hash, and is bound to the line before it.
last=""
lines=0
jq -cS 'del(.hash)' ledger.jsonl > .canonical
jq -r '.hash + " " + .prev' ledger.jsonl > .links
while IFS= read -r canonical <&3 && read -r hash prev <&4; do
  [ "$(printf '%s' "$canonical" | digest)" = "$hash" ] || fail "line $((lines + 1)) of ledger.jsonl does not match its hash"
  [ -z "$last" ] || [ "$prev" = "$last" ] || fail "line $((lines + 1)) of ledger.jsonl is not bound to the line before it"
  last=$hash
  lines=$((lines + 1))
done 3< .canonical 4< .links
rm -f .canonical .links
[ "$lines" -gt 0 ] && [ "$lines" -eq "$(wc -l < ledger.jsonl)" ] || fail "ledger.jsonl is cut off"
echo "ok: $lines lines of the ledger are one chain"

# 3. The checkpoint is of the last of these lines.
[ "$(head -n 3 checkpoint.txt | tail -n 1 | base64 -d | od -An -v -tx1 | tr -d ' \n')" = "$last" ] \
  || fail "the checkpoint is not of the last line of ledger.jsonl"
[ "$(head -n 2 checkpoint.txt | tail -n 1)" = "$(tail -n 1 ledger.jsonl | jq -r .seq)" ] || fail "the checkpoint has another number"
brand=$(head -n 1 checkpoint.txt)
jq -se --arg origin "$brand" 'all(.[] | select(.event == "run.prepared"); "balansfilter/\(.body.brand)" == $origin)' \
  ledger.jsonl > /dev/null || fail "the checkpoint is of another brand"
echo "ok: the chain ends at the checkpoint of $brand"

# 4. Each row stands in the decisions of a published run, and the run went by the policy and the law profile that are here.
rows=0
for file in rows/*.json; do
  run=$(basename "$file" .json)
  row=${run##*.}
  run=${run%.*}
  [ "$(jq -r .row "$file")" = "$row" ] || fail "$file holds another row"
  node=$(digest < "$file")
  while read -r side beside; do
    case $side in
      left) node=$(printf '%s%s' "$beside" "$node" | digest) ;;
      right) node=$(printf '%s%s' "$node" "$beside" | digest) ;;
      *) fail "the proof of $file has a step that is neither left nor right" ;;
    esac
  done < "proofs/$run.$row.txt"
  jq -se --arg run "$run" --arg node "$node" '
    (map(select(.event == "run.prepared" and .body.run_id == $run)) | last) as $prepared
    | (map(select(.event == "audit.forgotten") | .body.decisions[] | select(.run_id == $run) | .after) | last) as $after
    | (map(select(.event == "decisions.rooted" and .body.run_id == $run)) | last | .body) as $rooted
    | any(.[]; .event == "run.published" and .body.run_id == $run)
      and $rooted.root == $node
      and $rooted.sha256 == ($after // $prepared.body.outputs.decisions.sha256)
  ' ledger.jsonl > /dev/null || fail "$file is not proved to stand in the decisions of a published run"
  for kind in policy law; do
    kept=$(jq -r --arg run "$run" --arg kind "$kind" \
      'select(.event == "run.prepared" and .body.run_id == $run) | .body[$kind].sha256' ledger.jsonl)
    [ "$(digest < "texts/$kept.yaml")" = "$kept" ] || fail "the $kind of run $run is not the one that it went by"
  done
  rows=$((rows + 1))
done
echo "ok: $rows rows stand in the decisions of published runs, with the policies and laws that they went by"

# 5. The checkpoint was signed, if you have the public key from a source that you trust.
if [ $# -ge 1 ] && [ -n "$1" ]; then
  head -n 3 checkpoint.txt > .signed
  tail -n 1 checkpoint.txt | cut -d ' ' -f 3 | base64 -d | tail -c 64 > .signature
  openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in .signed -sigfile .signature > /dev/null \
    || { rm -f .signed .signature; fail "the checkpoint is not signed by $1"; }
  rm -f .signed .signature
  echo "ok: the checkpoint is signed by $1"
fi

# 6. The chain holds a head that you kept, if you kept one.
if [ $# -ge 2 ]; then
  jq -se --arg head "$2" 'any(.[]; "\(.seq):\(.hash)" == $head)' ledger.jsonl > /dev/null \
    || fail "the ledger does not hold $2, or it is older than the first line here"
  echo "ok: the chain holds the head that was kept"
fi
