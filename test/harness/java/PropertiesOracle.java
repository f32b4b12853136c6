import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;

/**
 * Answers what java.util.Properties.load makes of texts.
 *
 * In: a count, then for each text its encoding (0 UTF-8, 1 Latin-1), its length and its bytes.
 * Out: for each text -1 if load() throws, else the number of entries and each key and value as length and UTF-16 units.
 * All numbers are big-endian ints.
 */
public final class PropertiesOracle {
  public static void main(String[] args) throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
    for (int rest = in.readInt(); rest > 0; rest--) {
      boolean latin1 = in.readInt() == 1;
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      answer(bytes, latin1, out);
    }
    out.flush();
  }

  private static void answer(byte[] bytes, boolean latin1, DataOutputStream out) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new InputStreamReader(new ByteArrayInputStream(bytes), latin1 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
    } catch (IllegalArgumentException malformed) {
      out.writeInt(-1);
      return;
    }
    out.writeInt(properties.size());
    for (Map.Entry<Object, Object> entry : properties.entrySet()) {
      write((String) entry.getKey(), out);
      write((String) entry.getValue(), out);
    }
  }

  private static void write(String text, DataOutputStream out) throws IOException {
    out.writeInt(text.length());
    out.writeChars(text);
  }
}
