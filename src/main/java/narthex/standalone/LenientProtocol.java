package narthex.standalone;

import java.nio.charset.StandardCharsets;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.buf.ByteChunk;
import org.apache.tomcat.util.buf.MessageBytes;

/** HTTP/1.1 that accepts host names with underscores, such as those of Docker containers. */
public final class LenientProtocol extends Http11NioProtocol {

  @Override
  protected Processor createProcessor() {
    return new LenientHttp(this);
  }

  private static final class LenientHttp extends Http11Processor {
    LenientHttp(AbstractHttp11Protocol<?> protocol) {
      super(protocol, protocol.getAdapter());
    }

    /** Lets Tomcat parse the name with dashes in place of underscores, then sets the real name. */
    @Override
    protected void parseHost(MessageBytes host) {
      if (host == null || host.isNull() || host.getByteChunk().indexOf('_', 0) < 0) {
        super.parseHost(host);
        return;
      }
      ByteChunk chunk = host.getByteChunk();
      String real =
          new String(
              chunk.getBytes(), chunk.getStart(), chunk.getLength(), StandardCharsets.ISO_8859_1);
      byte[] dashed = real.replace('_', '-').getBytes(StandardCharsets.ISO_8859_1);
      MessageBytes parsed = MessageBytes.newInstance();
      parsed.setBytes(dashed, 0, dashed.length);
      super.parseHost(parsed);
      String name = String.valueOf(request.serverName().toString());
      if (name.length() <= real.length()) {
        request.serverName().setString(real.substring(0, name.length()));
      }
    }
  }
}
