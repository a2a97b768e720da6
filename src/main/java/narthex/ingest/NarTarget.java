package narthex.ingest;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;

/** The NAR of a narinfo. */
record NarTarget(
    NarInfoRow row, Compression wanted, NarSources sources, Database database, Keep first)
    implements DownloadTarget {

  /** Queries the rows again: another flight may have stored the NAR just before this one began. */
  @Override
  public Optional<Keep> keep() throws IOException {
    return Keep.needed(
        database.findNar(row.said().nar().hash()), row.said().file().compression(), wanted, first);
  }

  @Override
  public <T> Optional<T> search(NarSearch.Question<T> question) throws IOException {
    return sources.search(row, wanted, question);
  }

  /** Prefers the length from the response to the narinfo's FileSize. */
  @Override
  public NarExpectation expectation(NarOffer offer, OptionalLong length) {
    NarFile file = offer.file();
    return NarExpectation.announced(
        row.said().nar(),
        file.compression(),
        file.hash(),
        length.isPresent() ? Long.valueOf(length.getAsLong()) : file.sizeBytes(),
        offer.place(),
        row.said().storePath().print());
  }

  @Override
  public void stored(NarOffer offer, NarIngestion.Finished finished) {
    NarFile said = offer.file();
    NarFile actual = finished.file(said.url());
    boolean isRight =
        (said.hash() == null || Objects.equals(said.hash(), actual.hash()))
            && (said.sizeBytes() == null || Objects.equals(said.sizeBytes(), actual.sizeBytes()));
    if (isRight) {
      sources.right(offer);
    } else {
      sources.correct(row, offer, actual);
    }
  }

  @Override
  public void wrong(NarOffer offer) {
    sources.wrong(offer, WrongSources.name(row.said().nar()));
  }

  @Override
  public String title() {
    return row.said().storePath().print();
  }

  @Override
  public String describe() {
    return "hash=%s path=%s"
        .formatted(row.said().nar().hash().nix32(), row.said().storePath().print());
  }
}
