#!/bin/sh
# Compares Narthex with nginx and prints a Markdown table; see ../README.md. Arguments: parts to run, all if none is given.
# BENCH_OPTIONS are options of the bench's own virtual machine, e.g. -Dbench.rounds=9. BENCH_PEER is the command line of another
# binary cache that is measured too.
set -eu
cd "$(dirname "$0")/../../.."
for program in /usr/sbin/nginx wrk; do
  command -v "$program" >/dev/null || { echo "missing: $program (apt-get install nginx wrk)" >&2; exit 1; }
done
if [ ! -f target/narthex.war ] ||
  [ -n "$(find pom.xml webapp src/main src/bench/java -newer target/narthex.war -print -quit)" ]; then
  mvn -q -B package -DskipTests -DskipITs
fi
# shellcheck disable=SC2086
exec java ${BENCH_OPTIONS:-} "-Dbench.peer=${BENCH_PEER:-}" \
  -cp 'target/test-classes:target/classes:target/narthex/WEB-INF/lib/*' \
  narthex.bench.http.HttpBench target/narthex.war "$@"
