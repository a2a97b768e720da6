package narthex.upstream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import narthex.nix.DocumentName;
import narthex.nix.HttpUrl;
import narthex.nix.NixFormatException;
import narthex.nix.Realisation;
import narthex.stream.BoundedInputStream;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;
import narthex.stream.TooLongException;

/**
 * Fetches a document from one upstream, without retries. For one thread.
 *
 * <p>The URL encodes the document's name like Nix 2.32 and later: it percent-encodes everything but
 * unreserved characters, slash, {@code :} and {@code @}, because object stores decode a raw {@code
 * +} as a space. Some servers compare URLs without decoding them, so a miss is followed by a second
 * request in the encoding of older clients.
 */
final class DocumentRequest {
  private static final System.Logger LOG = System.getLogger(DocumentRequest.class.getName());

  private static final String UNRESERVED =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  private static final String AS_NEW_CLIENTS = UNRESERVED + ":@/";
  private static final String AS_OLD_CLIENTS = AS_NEW_CLIENTS + "!+=";

  private final UpstreamHttp http;
  private final HttpUrl base;
  private final UpstreamPolicy policy;
  private final DocumentName name;
  private final long maxBytes;
  private final DecoderShare decoders;

  DocumentRequest(
      UpstreamHttp http,
      HttpUrl base,
      UpstreamPolicy policy,
      DocumentName name,
      long maxBytes,
      DecoderShare decoders) {
    this.http = http;
    this.base = base;
    this.policy = policy;
    this.name = name;
    this.maxBytes = maxBytes;
    this.decoders = decoders;
  }

  /**
   * Sends the request and reads the response.
   *
   * @return empty if the upstream doesn't have the document or it isn't trusted
   * @throws IOException if the request fails, or the document is malformed or too long
   */
  <T> Optional<T> fetch(DocumentReader<T> reader) throws IOException {
    for (String form : forms(name)) {
      HttpUrl url = base.resolve(form);
      try (UpstreamAnswer answer = http.send("GET", url, Map.of())) {
        if (Upstream.isAbsence(answer)) {
          answer.closeUnwanted();
          continue;
        }
        Upstream.requireOk(answer, url);
        return read(answer, url, reader);
      }
    }
    return Optional.empty();
  }

  /** The encodings of a name in a URL; the most common one first. */
  static Set<String> forms(DocumentName name) {
    Set<String> forms = new LinkedHashSet<>();
    forms.add(encode(name.print(), AS_NEW_CLIENTS));
    forms.add(encode(name.print(), AS_OLD_CLIENTS));
    return forms;
  }

  private static String encode(String path, String plain) {
    StringBuilder encoded = new StringBuilder(path.length() + 16);
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      if (plain.indexOf(b) >= 0) {
        encoded.append((char) b);
      } else {
        encoded.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
      }
    }
    return encoded.toString();
  }

  private <T> Optional<T> read(UpstreamAnswer answer, HttpUrl url, DocumentReader<T> reader)
      throws IOException {
    InputStream raw = new Transfer(answer.body());
    InputStream decoded = ContentEncoding.decode(answer, raw, decoders, maxBytes);
    if (raw.equals(decoded) && !answer.tellsItsEnd()) {
      throw new TroubleException(
          url + " sent neither Content-Length nor chunks", TroubleException.Retry.POINTLESS);
    }
    try (InputStream body =
        new BoundedInputStream(new Transfer(decoded), maxBytes, url.toString())) {
      return switch (name.kind()) {
        case REALISATION, BUILD_TRACE -> readTrusted(body, reader);
        case LISTING, NAR_LISTING, LOG, DEBUG_INFO ->
            Optional.of(reader.read(body, base.toString()));
      };
    } catch (TooLongException e) {
      throw new TroubleException(e.toString(), TroubleException.Retry.POINTLESS);
    } catch (NixFormatException e) {
      throw new TroubleException(
          "%s is malformed: %s".formatted(url, e.getMessage()), TroubleException.Retry.POINTLESS);
    }
  }

  private <T> Optional<T> readTrusted(InputStream body, DocumentReader<T> reader)
      throws IOException {
    byte[] bytes = body.readAllBytes();
    Realisation realisation = Realisation.parse(name, bytes);
    if (policy.trust() == UpstreamPolicy.Trust.SIGNED
        && !realisation.isSignedBy(policy.trustedKeys())) {
      LOG.log(
          Level.WARNING,
          "realisation refused: no signature of a trusted key upstream={0} name={1}",
          base,
          name);
      return Optional.empty();
    }
    return Optional.of(reader.read(new ByteArrayInputStream(bytes), base.toString()));
  }

  /** Turns each {@link IOException} into a {@link TroubleException}. */
  private static final class Transfer extends PassingInputStream {
    Transfer(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return in.read(buffer, offset, length);
      } catch (TroubleException e) {
        throw e;
      } catch (IOException e) {
        throw TroubleException.broken("the transfer", e);
      }
    }

    /** Never throws: the reader already has the whole body, or has failed. */
    @Override
    public void close() {
      try {
        super.close();
      } catch (IOException e) {
        // The connection is closed anyway.
      }
    }
  }
}
