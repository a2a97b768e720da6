package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;

/** A file that readers get and that isn't stored, as its NAR arrives in another form meanwhile. */
record PassedTarget(DownloadTarget file) implements DownloadTarget {
  @Override
  public Compression wanted() {
    return file.wanted();
  }

  @Override
  public Optional<Keep> keep() throws IOException {
    return file.keep().map(needed -> Keep.NOTHING);
  }

  @Override
  public <T> Optional<T> search(NarSearch.Question<T> question) throws IOException {
    return file.search(question);
  }

  @Override
  public NarExpectation expectation(NarOffer offer, OptionalLong length) {
    return file.expectation(offer, length);
  }

  @Override
  public void stored(NarOffer offer, NarIngestion.Finished finished) throws IOException {
    file.stored(offer, finished);
  }

  @Override
  public void wrong(NarOffer offer) {
    file.wrong(offer);
  }

  @Override
  public String title() {
    return file.title();
  }

  @Override
  public String describe() {
    return file.describe();
  }
}
