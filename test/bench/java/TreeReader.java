import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.retry.RetryForever;

/** Curator's CuratorCache, saying when it saw what; see test/bench/lib/zookeeper/witnesses.js for what it prints. */
public final class TreeReader {
  public static void main(String[] arguments) throws Exception {
    String watched = arguments[2];
    CountDownLatch initialized = new CountDownLatch(1);
    CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], 6_000, 5_000, new RetryForever(100));
    client.start();
    CuratorCache cache = CuratorCache.build(client, arguments[1]);
    cache.listenable().addListener(CuratorCacheListener.builder()
        .forCreatesAndChanges((before, node) -> seen(watched, node))
        .forInitialized(initialized::countDown)
        .build());
    cache.start();
    initialized.await();
    say("ready");
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
    while (asked.readLine() != null) say("digest " + digest(cache));
    System.exit(0);
  }

  private static void seen(String watched, ChildData node) {
    Instant at = Instant.now();
    if (!node.getPath().equals(watched)) return;
    double ms = at.getEpochSecond() * 1e3 + at.getNano() / 1e6;
    say(String.format("seen %.3f %s", ms, new String(node.getData(), StandardCharsets.UTF_8)));
  }

  private static String digest(CuratorCache cache) throws Exception {
    Map<String, byte[]> nodes = new TreeMap<>();
    cache.stream().forEach(node -> nodes.put(node.getPath(), node.getData()));
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    for (Map.Entry<String, byte[]> node : nodes.entrySet()) {
      hash.update((node.getKey() + "\0").getBytes(StandardCharsets.UTF_8));
      hash.update(node.getValue());
      hash.update((byte) 0);
    }
    StringBuilder word = new StringBuilder(nodes.size() + " ");
    for (byte part : hash.digest()) word.append(String.format("%02x", part));
    return word.toString();
  }

  private static synchronized void say(String line) {
    System.out.println(line);
  }
}
