"""kazoo's TreeCache, saying when it saw what; see test/bench/lib/zookeeper/witnesses.js for what it prints."""

import hashlib
import logging
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.recipe.cache import TreeCache, TreeEvent

logging.disable(logging.CRITICAL)
servers, root, watched = sys.argv[1:]
initialized = threading.Event()


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def heard(event):
    at = time.time() * 1000
    if event.event_type == TreeEvent.INITIALIZED:
        initialized.set()
    elif event.event_type in (TreeEvent.NODE_ADDED, TreeEvent.NODE_UPDATED) and event.event_data.path == watched:
        say("seen %.3f %s" % (at, event.event_data.data.decode()))


def held(cache, path):
    data = cache.get_data(path)
    if data is None:
        return
    yield path, data.data
    for name in cache.get_children(path, ()):
        yield from held(cache, path + "/" + name)


def digest(cache):
    found = sorted(held(cache, root))
    sha = hashlib.sha256()
    for path, data in found:
        sha.update(path.encode() + b"\0" + data + b"\0")
    return "%d %s" % (len(found), sha.hexdigest())


client = KazooClient(hosts=servers, timeout=6)
client.start(timeout=20)
cache = TreeCache(client, root)
cache.listen(heard)
cache.start()
initialized.wait()
say("ready")
for _ in sys.stdin:
    say("digest " + digest(cache))
client.stop()
