#!/bin/sh
# Measures what holds the limit of space; see README.md. Arguments: parts to run, all if none is given.
# BENCH_OPTIONS are options of the bench's virtual machine, e.g. -Dbench.minutes=5.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -f target/narthex.war ] ||
  [ -n "$(find pom.xml webapp src/main src/bench/java -newer target/narthex.war -print -quit)" ]; then
  mvn -q -B package -DskipTests -DskipITs
fi
# shellcheck disable=SC2086
exec java ${BENCH_OPTIONS:-} \
  -cp 'target/test-classes:target/classes:target/narthex/WEB-INF/lib/*' \
  narthex.bench.space.SpaceBench target/narthex.war "$@"
