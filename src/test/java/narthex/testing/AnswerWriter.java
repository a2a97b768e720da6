package narthex.testing;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes planned responses to a connection, and breaks it where the plan says. For one thread. */
final class AnswerWriter {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final Map<Integer, String> REASONS =
      Map.of(200, "OK", 206, "Partial Content", 404, "Not Found", 410, "Gone", 418, "Teapot");

  private final Socket socket;
  private final OutputStream out;
  private long bodyBytes;

  AnswerWriter(Socket socket) throws IOException {
    this.socket = socket;
    this.out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES);
  }

  /** Body bytes written for the last response. */
  long bodyBytes() {
    return bodyBytes;
  }

  /** Writes a response; returns whether the connection can serve another request. */
  boolean write(Answer answer) throws IOException {
    bodyBytes = 0;
    if (answer.headerGate != null) {
      answer.headerGate.pass();
    }
    if (answer.garbage != null) {
      out.write(answer.garbage);
      out.flush();
      return false;
    }
    if (!answer.silent) {
      writeHead(answer);
      if (!answer.request.isHead()) {
        writeBody(answer);
      }
      out.flush();
    }
    if (answer.ending == Answer.Ending.RESET) {
      socket.setSoLinger(true, 0);
    }
    return answer.ending == Answer.Ending.WELL && answer.framing != Answer.Framing.UNTIL_CLOSE;
  }

  private void writeHead(Answer answer) throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 ");
    head.append(answer.status).append(' ');
    head.append(REASONS.getOrDefault(answer.status, "Status")).append("\r\n");
    answer.headers.forEach(
        (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    switch (answer.framing) {
      case CONTENT_LENGTH ->
          head.append("Content-Length: ")
              .append(answer.count + answer.declaredExtraBytes)
              .append("\r\n");
      case CHUNKED -> head.append("Transfer-Encoding: chunked\r\n");
      case UNTIL_CLOSE -> head.append("Connection: close\r\n");
    }
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private void writeBody(Answer answer) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long end = Math.min(answer.count, answer.stopAfterBytes);
    try (InputStream in = answer.body.open(answer.from)) {
      while (bodyBytes < end) {
        int wanted = (int) Math.min(buffer.length, allowed(answer, end - bodyBytes));
        int read = in.readNBytes(buffer, 0, wanted);
        if (read == 0) {
          throw new IOException("the resource is shorter than it was");
        }
        writePiece(answer, buffer, read);
        bodyBytes += read;
      }
      awaitGateAtEnd(answer);
    }
    if (answer.framing == Answer.Framing.CHUNKED && answer.ending == Answer.Ending.WELL) {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private void writePiece(Answer answer, byte[] buffer, int length) throws IOException {
    if (answer.framing == Answer.Framing.CHUNKED) {
      out.write((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      out.write(buffer, 0, length);
      out.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
    } else {
      out.write(buffer, 0, length);
    }
  }

  private long allowed(Answer answer, long wanted) throws IOException {
    Gate gate = answer.bodyGate;
    if (gate == null) {
      return wanted;
    }
    if (bodyBytes < answer.gateAfterBytes) {
      return Math.min(wanted, answer.gateAfterBytes - bodyBytes);
    }
    if (gate.wouldWait()) {
      out.flush();
    }
    return gate.take(Math.min(wanted, BUFFER_BYTES));
  }

  /** A stall at or after the last byte must still delay the end of the response. */
  private void awaitGateAtEnd(Answer answer) throws IOException {
    if (answer.bodyGate != null && bodyBytes <= answer.gateAfterBytes) {
      out.flush();
      answer.bodyGate.pass();
    }
  }
}
