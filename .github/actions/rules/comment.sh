#!/usr/bin/env bash
# Writes what a change of a ruleset does as the ruleset's own comment on a pull request: another look replaces it, and the
# comments of other rulesets stay. A comment is known by the mark in its first line, and only one of the same author is edited.
#
#   comment.sh NUMBER RULESET FILE     the pull request, the ruleset's folder, the Markdown to show; `gh` needs GH_TOKEN
set -euo pipefail
number=$1 ruleset=$2 file=$3

# The id on the card; of a ruleset that is gone, the name of its folder.
id=$(sed -n 's/^ruleset:[[:space:]]*//p' "$ruleset/ruleset.yaml" 2>/dev/null | head -n 1 | tr -cd '[:alnum:]._-' || true)
export MARK="<!-- hepatica diff: ${id:-$(basename "$ruleset" | tr -cd '[:alnum:]._-')} -->"
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{ echo "$MARK"; cat "$file"; } > "$body"

own='.comments[] | select(.viewerDidAuthor and (.body | startswith(env.MARK))) | .url'
url=$(gh pr view "$number" --json comments --jq "$own" | head -n 1)
if [ -n "$url" ]; then
  gh api --silent --method PATCH "repos/{owner}/{repo}/issues/comments/${url##*-}" --field "body=@$body"
else
  gh pr comment "$number" --body-file "$body"
fi
