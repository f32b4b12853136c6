#!/usr/bin/env bash
# Installs the real programs that some tests ask, where they are missing: a JDK, whose java.util.Properties our parser is
# compared with, and the servers behind the sources. Needs root on a system with apt; elsewhere it says what to install and
# fails. No service is started: each test file starts servers of its own, in temporary folders.
set -euo pipefail

# Servers are often outside the PATH, as test/harness/servers/programs.ts knows too.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

packages=()
needs() { # <package> <command that must succeed>
  "${@:2}" > /dev/null 2>&1 || packages+=("$1")
}

# The clients in other languages that the README shows.
needs python3 command -v python3
needs curl command -v curl
needs openjdk-17-jdk-headless command -v javac
initdb_is_there() { command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; }
needs postgresql initdb_is_there
needs mariadb-server command -v mariadbd
needs redis-server command -v redis-server
needs zookeeper test -e /usr/share/java/zookeeper.jar
# Without it ZooKeeper writes no log: nothing says why it does not start.
needs libslf4j-java test -e /usr/share/java/slf4j-simple.jar
needs python3-kazoo test -e /usr/lib/python3/dist-packages/kazoo/client.py
# A witness of the benchmark.
needs libcurator-recipes-java test -e /usr/share/java/curator-recipes.jar
# The page of the sidecar is tested in a real browser.
needs chromium command -v chromium

policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-calumma

# Debian starts a service as soon as its package is there, unless this script refuses.
refuse_services() {
  if [ -e "$policy" ]; then mv "$policy" "$kept"; fi
  trap restore_services EXIT
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
}

restore_services() {
  rm -f "$policy"
  if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}

if [ ${#packages[@]} -eq 0 ]; then
  echo 'servers: everything is there'
elif [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  echo "servers: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  refuse_services
  apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends "${packages[@]}" > /dev/null
else
  cat >&2 << END
servers: please install ${packages[*]} (or what your system calls it).
What stays missing skips its tests with a line that says so. Servers to play with come from
  docker compose -f test/compose.yaml up
END
  exit 1
fi
