#!/bin/sh
# Verifies a bundle of evidence with coreutils, jq and openssl alone.
# Usage: sh verify.sh FOLDER PUBLIC_KEY.pem [KEPT_SEQ:KEPT_HASH]
# Exits with 0 if the bundle is proved, 1 if it is wrong, 2 if it was called wrongly, and 3 if all holds together but
# nobody vouches for it: no public key was given, or the bundle is not signed.
# A verifier or a key that came with the bundle proves nothing. Take them from the brand or the program itself.
set -eu
LC_ALL=C
export LC_ALL
fail() { echo "FAIL: $1" >&2; exit 1; }
digest() { sha256sum | cut -d ' ' -f 1; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
bytes() { printf '%s' "$1" | tr a-f A-F | basenc -d --base16; }
wrong() { echo "usage: sh verify.sh FOLDER PUBLIC_KEY.pem [SEQ:HASH]" >&2; exit 2; }

[ $# -ge 1 ] && [ $# -le 3 ] && [ -d "$1" ] || wrong
key=${2-}
kept=${3-}
if [ -n "$key" ]; then
  [ -f "$key" ] || wrong
  case $key in /*) ;; *) key=$PWD/$key ;; esac
fi
case $1 in /*) cd "$1" ;; *) cd "./$1" ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# 1. The files are those of SHA256SUMS: none was changed, none is missing, and none is there besides.
[ -f SHA256SUMS ] && [ ! -L SHA256SUMS ] || fail "there is no SHA256SUMS"
jq -Rse 'endswith("\n") and (.[:-1] | split("\n") | length == (unique_by(.[66:]) | length)
  and all(.[]; test("^[0-9a-f]{64}  [A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)?$")))' \
  SHA256SUMS > "$work/told" || fail "SHA256SUMS is not a list of digests"
sha256sum --check --quiet --strict SHA256SUMS > "$work/told" 2>&1 || fail "a file is not as it was bundled"
listed=$(cut -c 67- SHA256SUMS)
for file in * .[!.]* ..?* */* */.[!.]* */..?*; do
  [ -e "$file" ] || [ -L "$file" ] || continue
  case $file in *[!A-Za-z0-9._/-]*) fail "there is a file that does not belong to the bundle" ;; esac
  [ ! -L "$file" ] || fail "$file is a link"
  case $file in
    SHA256SUMS | SHA256SUMS.sig | rows | proofs | texts) ;;
    *) case "
$listed
" in *"
$file
"*) ;; *) fail "$file does not belong to the bundle" ;; esac ;;
  esac
done
echo "ok: the files are as they were bundled"

# 2. Every line of the ledger is written as it should be, matches its hash, and is bound to the line before it.
last=""
seq=""
lines=0
jq -Rse 'endswith("\n") and (.[:-1] | split("\n") | all(.[]; test("^\\{\"seq\":[1-9][0-9]*,\"at\":\"[^\"]*\",\"event\":\"")))' \
  ledger.jsonl > "$work/told" || fail "a line of ledger.jsonl is not written as an event is"
jq -cS 'del(.hash)' ledger.jsonl > "$work/canonical" || fail "a line of ledger.jsonl is no JSON"
jq -r '"\(.hash) \(.prev) \(.seq)"' ledger.jsonl > "$work/links"
while IFS= read -r canonical <&3 && read -r hash prev number <&4; do
  lines=$((lines + 1))
  [ "$(printf '%s' "$canonical" | digest)" = "$hash" ] || fail "line $lines of ledger.jsonl does not match its hash"
  [ -z "$last" ] || [ "$prev" = "$last" ] || fail "line $lines of ledger.jsonl is not bound to the line before it"
  [ -z "$seq" ] || [ "$number" -eq $((seq + 1)) ] || fail "line $lines of ledger.jsonl has another number"
  last=$hash
  seq=$number
done 3< "$work/canonical" 4< "$work/links"
[ "$lines" -gt 0 ] && [ "$lines" -eq "$(wc -l < ledger.jsonl)" ] || fail "ledger.jsonl is cut off"
echo "ok: $lines lines of the ledger are one chain"

# 3. The checkpoint is of the last of these lines.
[ "$(head -n 3 checkpoint.txt | tail -n 1 | base64 -d | hex)" = "$last" ] \
  || fail "the checkpoint is not of the last line of ledger.jsonl"
[ "$(head -n 2 checkpoint.txt | tail -n 1)" = "$seq" ] || fail "the checkpoint has another number"
brand=$(head -n 1 checkpoint.txt)
jq -se --arg origin "$brand" 'all(.[] | select(.event == "run.prepared"); "balansfilter/\(.body.brand)" == $origin)' \
  ledger.jsonl > "$work/told" || fail "the checkpoint is of another brand"
echo "ok: the chain ends at the checkpoint of $brand"

# 4. Each row stands under the root that was fixed when its run was written, and the run was published, and went by the
#    policy and the law profile that are here.
beginning() { # TAG TEXT_IN_HEX: the beginning of a message, in whole blocks of 64 bytes
  begun=$1$(printf '%08x' $((${#2} / 2)))$2
  while [ $((${#begun} % 128)) -ne 0 ]; do begun=${begun}00; done
  printf '%s' "$begun"
}
leaf() { # the leaf of a row that is told in $file
  jq -e '(.nonce | test("^[0-9a-f]{32}$"))
    and (. as $line | all(.hashes[]; $line[.] == null or ($line[.] | test("^[0-9a-f]{32}$"))))' \
    "$file" > "$work/told" || fail "$file holds another row"
  product=$(jq -j 'if .product == null then "" else "=" + .product end' "$file" | hex)
  person=$(beginning 02 "$product")$(jq -r .nonce "$file")
  for day in $(jq -r '(.anchor, .callable_until) | if . == null then 2147483648
      else (. + "T00:00:00Z" | fromdate / 86400) | if . < 0 then . + 4294967296 else . end end' "$file"); do
    person=$person$(printf '%08x' "$day")
  done
  person=$person$(jq -j '. as $line | .hashes[] | $line[.] // "00000000000000000000000000000000"' "$file")
  told=$(jq -j '[.run_id, .decision, .reason // "", .basis // "", .balanstest // ""] | join("\n")' "$file" | hex)
  bytes "$(beginning 00 "$told")$(printf '%016x' "$row")$(bytes "$person" | digest)" | digest
}
rows=0
sealed=0
for file in rows/*.json; do
  [ -f "$file" ] || fail "there is no row"
  run=${file#rows/}
  run=${run%.json}
  row=${run##*.}
  run=${run%.*}
  jq -e --arg run "$run" --arg row "$row" '.run_id == $run and (.row | tostring) == $row and .row == (.row | floor)' \
    "$file" > "$work/told" || fail "$file holds another row"
  if jq -e 'keys == ["leaf", "row", "run_id"] and (.leaf | test("^[0-9a-f]{64}$"))' "$file" > "$work/told"; then
    node=$(jq -r .leaf "$file")
    sealed=$((sealed + 1))
  else
    node=$(leaf)
  fi
  while read -r side beside; do
    case $beside in *[!0-9a-f]*) fail "the proof of $file has a step that is no hash" ;; esac
    case $side in
      left) node=$(bytes "01$beside$node" | digest) ;;
      right) node=$(bytes "01$node$beside" | digest) ;;
      *) fail "the proof of $file has a step that is neither left nor right" ;;
    esac
  done < "proofs/$run.$row.txt"
  jq -se --arg run "$run" --arg node "$node" --slurpfile row "$file" '
    map(select(.event == "run.prepared" and .body.run_id == $run)) as $prepared
    | ($prepared | length == 1)
      and ($prepared[0].body.outputs.decisions
        | .root == $node and .algorithm == "sha256-leaves-1" and .rows >= $row[0].row
          and ($row[0] | keys == ["leaf", "row", "run_id"] or .hashes == $prepared[0].body.outputs.decisions.hashes))
      and any(.[]; .event == "run.published" and .body.run_id == $run)
  ' ledger.jsonl > "$work/told" || fail "$file is not proved to stand in the decisions of a published run"
  for kind in policy law; do
    text=$(jq -r --arg run "$run" --arg kind "$kind" \
      'select(.event == "run.prepared" and .body.run_id == $run) | .body[$kind].sha256' ledger.jsonl)
    case $text in *[!0-9a-f]*) fail "the $kind of run $run has no digest" ;; esac
    [ "$(digest < "texts/$text.yaml")" = "$text" ] || fail "the $kind of run $run is not the one that it went by"
  done
  rows=$((rows + 1))
done
jq -e --argjson rows "$rows" --arg head "$seq:$last" --arg brand "$brand" \
  '.rows == $rows and .head == $head and "balansfilter/\(.brand)" == $brand' contents.json > "$work/told" \
  || fail "contents.json says that the bundle holds something else"
echo "ok: $rows rows stand in the decisions of published runs, with the policies and laws that they went by"
[ "$sealed" -eq 0 ] || echo "ok: of these $sealed stand there sealed: that they are fixed is proved, and not what they say"

# 5. The chain holds a head that you kept, if you kept one.
if [ -n "$kept" ]; then
  jq -se --arg head "$kept" 'any(.[]; "\(.seq):\(.hash)" == $head)' ledger.jsonl > "$work/told" \
    || fail "the ledger does not hold $kept, or it is older than the first line here"
  echo "ok: the chain holds the head that was kept"
fi

# 6. The bundle was signed by the key that you have from a source that you trust.
if [ -z "$key" ]; then
  echo "not proved: no public key was given, so that anybody may have made this bundle"
  exit 3
fi
if [ ! -f SHA256SUMS.sig ]; then
  echo "not proved: the bundle is not signed"
  exit 3
fi
openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig > "$work/told" 2>&1 \
  || fail "the bundle is not signed by the key that was given"
echo "proved: the bundle is signed by the key that was given"
