package narthex.document;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import narthex.nix.NarListing;
import narthex.nix.NarListingPrinter;
import narthex.stream.NarReader;

/** Writes the listing of the NAR that it visits. Not thread-safe. */
final class ListingVisitor implements NarReader.Visitor {
  private final NarListingPrinter printer;

  private ListingVisitor(NarListingPrinter printer) {
    this.printer = printer;
  }

  /**
   * Writes the listing of a NAR.
   *
   * @param nar read to its end, not closed
   * @param out not closed
   * @throws narthex.stream.NotNarException if it is not a NAR
   */
  static void list(InputStream nar, Appendable out) throws IOException {
    try {
      NarListingPrinter printer = new NarListingPrinter(out);
      NarReader.read(nar, new ListingVisitor(printer));
      printer.end();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void beginDirectory(String name) {
    printer.beginDirectory(name);
  }

  @Override
  public void endDirectory() {
    printer.endDirectory();
  }

  @Override
  public void file(NarReader.RegularFile file, InputStream contents) {
    printer.file(
        file.name(), new NarListing.Regular(file.executable(), file.offset(), file.sizeBytes()));
  }

  @Override
  public void symlink(String name, String target) {
    printer.symlink(name, target);
  }
}
