#!/bin/sh
# Runs the JMH benchmarks; arguments go to JMH, e.g. `src/bench/jmh.sh NarInfo -f 3`.
set -eu
cd "$(dirname "$0")/../.."
exec mvn -q -B -Pbench test-compile exec:exec "-Djmh.arguments=-foe true $*"
