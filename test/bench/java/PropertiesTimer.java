import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;

/** Milliseconds that java.util.Properties takes for a file once the JIT has seen it: the median of the second half of its runs. */
public final class PropertiesTimer {
  public static void main(String[] arguments) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(arguments[0]));
    int runs = Integer.parseInt(arguments[1]);
    double[] taken = new double[runs];
    int entries = 0;
    for (int run = 0; run < 2 * runs; run++) {
      Properties properties = new Properties();
      long start = System.nanoTime();
      properties.load(new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8));
      if (run >= runs) taken[run - runs] = (System.nanoTime() - start) / 1e6;
      entries = properties.size();
    }
    Arrays.sort(taken);
    System.out.println(taken[runs / 2] + " " + entries + " " + System.getProperty("java.version"));
  }
}
