package narthex.maintain;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.ManifestPart;
import narthex.db.NarInfoRow;
import narthex.db.PathTable;
import narthex.db.PinRow;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.nix.Signature;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/** Describes a store path for an administrator, as a map for JSON. Thread-safe. */
public final class PathPage {
  /** References that are looked up; the others are only named. */
  private static final int MOST_LOOKED_UP = 1_000;

  /** Parts of manifests that are searched for shared chunks. */
  private static final int MOST_PARTS = 2_000;

  private final Database database;
  private final PathTable table;
  private final InstantSource clock;

  /** Describes the paths in this database. */
  public PathPage(Database database, InstantSource clock) {
    this.database = database;
    this.table = new PathTable(database);
    this.clock = clock;
  }

  /** Describes a path; empty if it has no narinfo. */
  public Optional<Map<String, Object>> describe(StorePathHash hash) throws IOException {
    Optional<NarInfoRow> row = database.findNarInfo(hash);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    NarInfo said = row.get().said();
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("hash", hash.text());
    page.put("path", said.storePath().print());
    page.put("narHash", said.nar().hash().nix32());
    page.put("narBytes", said.nar().sizeBytes());
    page.put("compression", said.file().compression().nixName());
    putUnlessNull(page, "fileBytes", said.file().sizeBytes());
    putUnlessNull(page, "upstream", row.get().upstream());
    putUnlessNull(page, "deriver", said.deriver());
    putUnlessNull(page, "ca", said.ca());
    page.put("checkedAt", row.get().checkedAt().toString());
    page.put("signatures", said.signatures().stream().map(Signature::print).toList());
    page.put("references", references(said.references()));
    Optional<StoredNar> nar = database.findNar(said.nar().hash());
    if (nar.isPresent()) {
      page.put("storedAt", nar.get().storedAt().toString());
      page.put("forms", forms(nar.get()));
      for (PathTable.Shown shown : table.show(List.of(hash.text()))) {
        putUnlessNull(page, "usedAt", shown.usedAt() == null ? null : shown.usedAt().toString());
        putUnlessNull(page, "uses", shown.uses());
      }
    }
    pin(hash).ifPresent(pin -> page.put("pin", pin));
    return Optional.of(page);
  }

  private static void putUnlessNull(Map<String, Object> map, String name, @Nullable Object value) {
    if (value != null) {
      map.put(name, value);
    }
  }

  private List<Map<String, Object>> references(List<String> names) throws IOException {
    List<StorePathHash> hashes = new ArrayList<>();
    for (String name : names.subList(0, Math.min(names.size(), MOST_LOOKED_UP))) {
      hashes.add(StorePathHash.parse(name.substring(0, StorePathHash.LENGTH)));
    }
    Set<String> stored = new HashSet<>();
    for (String path : database.storedPaths().find(hashes)) {
      stored.add(path.substring(path.lastIndexOf('/') + 1));
    }
    List<Map<String, Object>> references = new ArrayList<>();
    for (String name : names) {
      references.add(Map.of("name", name, "isStored", stored.contains(name)));
    }
    return references;
  }

  private Optional<Map<String, Object>> pin(StorePathHash hash) throws IOException {
    return database
        .pins()
        .findKeeper(hash)
        .filter(pin -> pin.expiresAt() == null || pin.expiresAt().isAfter(clock.instant()))
        .map(PathPage::pin);
  }

  private static Map<String, Object> pin(PinRow pin) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("hash", pin.path().text());
    putUnlessNull(shown, "name", pin.name());
    shown.put("createdAt", pin.createdAt().toString());
    Instant expiresAt = pin.expiresAt();
    putUnlessNull(shown, "expiresAt", expiresAt == null ? null : expiresAt.toString());
    return shown;
  }

  private List<Map<String, Object>> forms(StoredNar nar) throws IOException {
    List<Map<String, Object>> forms = new ArrayList<>();
    for (Representation form : nar.representations()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("form", form.form().name().toLowerCase(Locale.ROOT));
      shown.put("compression", form.compression().nixName());
      shown.put("bytes", form.fileSizeBytes());
      if (form.form() == Form.CHUNKED) {
        addChunks(nar, shown);
      }
      forms.add(shown);
    }
    return forms;
  }

  /** Adds how many chunks there are, and how many of them another NAR or place has too. */
  private void addChunks(StoredNar nar, Map<String, Object> shown) throws IOException {
    Map<Long, Integer> uses = new HashMap<>();
    Sha256 narHash = nar.id().hash();
    long offset = 0;
    Optional<ManifestPart> part = database.chunks().findPart(narHash, offset);
    while (part.isPresent() && offset < nar.id().sizeBytes()) {
      for (long number : part.get().numbers()) {
        uses.merge(number, -1, Integer::sum);
      }
      offset = part.get().narOffset() + part.get().length();
      part = database.chunks().findPart(narHash, offset);
    }
    boolean isComplete = countUses(uses);
    shown.put("chunks", uses.size());
    shown.put("sharedChunks", uses.values().stream().filter(count -> count > 0).count());
    shown.put("isSharedComplete", isComplete);
  }

  /**
   * Adds the uses of chunks in the manifests of all NARs. What is above zero then has more uses
   * than in the NAR itself.
   *
   * @return false if not all manifests were read
   */
  private boolean countUses(Map<Long, Integer> uses) throws IOException {
    int[] read = {0};
    return database
        .collection()
        .references(
            number -> uses.computeIfPresent(number, (same, count) -> count + 1),
            () -> ++read[0] < MOST_PARTS);
  }
}
