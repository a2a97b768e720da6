#!/bin/sh
# bin/setenv.sh: read by catalina.sh.

# 512 MiB are enough: no NAR is ever held in memory.
CATALINA_OPTS="$CATALINA_OPTS -Xmx512m"

# Java 24 and newer warn of native libraries (SQLite, zstd) without this.
#CATALINA_OPTS="$CATALINA_OPTS --enable-native-access=ALL-UNNAMED"

# Java 19 and newer: a class data archive makes the start faster. The JVM writes it when it stops.
#CATALINA_OPTS="$CATALINA_OPTS -XX:+AutoCreateSharedArchive -XX:SharedArchiveFile=$CATALINA_BASE/temp/narthex.jsa"

# With useVirtualThreads: how many requests may compute at a time and take turns. The JVM's default is the number of
# processors, so that narinfos wait for requests that decode NARs.
#CATALINA_OPTS="$CATALINA_OPTS -Djdk.virtualThreadScheduler.parallelism=32"

# Settings: conf/narthex.properties is found by itself. Here is another place for them.
#export NARTHEX_DATA_DIR=/var/lib/narthex
#export NARTHEX_DATABASE_PASSWORD=secret
