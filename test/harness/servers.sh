#!/usr/bin/env bash
# Installs the real programs that some tests ask, where they are missing: a JDK, whose java.util.Properties our parser is
# compared with. Needs root on a system with apt; elsewhere it says what to install and fails.
set -euo pipefail

packages=()
command -v javac > /dev/null || packages+=(openjdk-17-jdk-headless)

if [ ${#packages[@]} -eq 0 ]; then
  echo 'servers: everything is there'
elif [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  echo "servers: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
else
  echo "servers: please install ${packages[*]} (or what your system calls it), so that javac is on the PATH" >&2
  exit 1
fi
