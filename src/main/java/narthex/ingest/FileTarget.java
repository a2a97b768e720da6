package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;

/** A NAR file of which only the name is known; the stem of the name is the hash of the bytes. */
record FileTarget(
    NarFileName name, NarSources sources, Database database, NarDownload.Policy policy)
    implements DownloadTarget {

  @Override
  public Compression wanted() {
    return name.compression();
  }

  @Override
  public Optional<Keep> keep() throws IOException {
    Keep first = policy.mode().firstKept();
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    return narHash.isEmpty()
        ? Optional.of(first)
        : Keep.needed(database.findNar(narHash.get()), wanted(), wanted(), first);
  }

  @Override
  public <T> Optional<T> search(NarSearch.Question<T> question) throws IOException {
    return sources.search(name, question);
  }

  @Override
  public NarExpectation expectation(NarOffer offer, OptionalLong length) {
    NarFile file = offer.file();
    return new NarExpectation(
        null,
        policy.maxNarBytes(),
        file.compression(),
        file.hash(),
        length.isPresent() ? Long.valueOf(length.getAsLong()) : null,
        offer.place(),
        NarExpectation.NO_PATH);
  }

  @Override
  public void stored(NarOffer offer, NarIngestion.Finished finished) throws IOException {
    Sha256 fileHash = name.hash().orElseThrow();
    DatabaseTries.keepTrying(() -> database.nameFile(name.stem(), fileHash, finished.nar().hash()));
  }

  @Override
  public void wrong(NarOffer offer) {
    sources.wrong(offer, name.stem());
  }

  @Override
  public String title() {
    return name.print();
  }

  @Override
  public String describe() {
    return "name=" + name.print();
  }
}
