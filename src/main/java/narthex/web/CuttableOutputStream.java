package narthex.web;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Passes bytes on until it is cut; then swallows them. An encoder that must be closed to free its
 * memory can thus not write a clean end below a broken body. Never closes what it wraps.
 */
final class CuttableOutputStream extends FilterOutputStream {
  private boolean cut;

  CuttableOutputStream(OutputStream out) {
    super(out);
  }

  /** From now on nothing is passed on. */
  void cut() {
    cut = true;
  }

  @Override
  public void write(int b) throws IOException {
    if (!cut) {
      out.write(b);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (!cut) {
      out.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    if (!cut) {
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    flush();
  }
}
