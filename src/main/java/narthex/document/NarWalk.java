package narthex.document;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import narthex.document.NarFiles.Found;
import narthex.nix.NarInfo;
import narthex.nix.NarListing;
import narthex.nix.NarListingSearch;
import narthex.nix.Nix32;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.serve.NarSource;
import narthex.serve.PartSource;

/** Resolves one path inside one store path. Not thread-safe; use once. */
final class NarWalk {
  /** The limit of Linux for symbolic links in one path. */
  private static final int MAX_LINKS = 40;

  private static final int TAG_BYTES = 20;
  private static final String UP = "..";

  /** The NAR of the store path. */
  interface Nar {
    Optional<NarSource> find() throws IOException;
  }

  /** The listing of the NAR. The caller closes it. */
  interface Listing {
    Optional<OpenDocument> find() throws IOException;
  }

  private final NarInfo narInfo;
  private final Listing listing;
  private final Nar nar;

  /** The current directory, from the root; contains no links. */
  private final List<String> place = new ArrayList<>();

  /** The names that remain to be resolved from there. */
  private final Deque<String> ahead = new ArrayDeque<>();

  NarWalk(NarInfo narInfo, Listing listing, Nar nar) {
    this.narInfo = narInfo;
    this.listing = listing;
    this.nar = nar;
  }

  /** Resolves these names from the root; empty if there is no such file. */
  Optional<Found> go(List<String> path) throws IOException {
    ahead.addAll(path);
    int links = 0;
    while (true) {
      Optional<Found> out = goUp();
      if (out.isPresent()) {
        return out;
      }
      Optional<NarListing.Node> met = goDown();
      if (met.isEmpty()) {
        return Optional.empty();
      }
      if (met.get() instanceof NarListing.Symlink link) {
        out = ++links > MAX_LINKS ? nothing("too many symbolic links") : follow(link.target());
        if (out.isPresent()) {
          return out;
        }
      } else if (ahead.isEmpty()) {
        return found(met.get());
      } else if (!(met.get() instanceof NarListing.Directory)) {
        return Optional.empty();
      }
    }
  }

  /** Resolves leading {@code ..} names; present if they leave the store path. */
  private Optional<Found> goUp() {
    while (UP.equals(ahead.peek())) {
      ahead.pop();
      if (!place.isEmpty()) {
        place.remove(place.size() - 1);
      } else {
        Optional<Found> out = enter();
        if (out.isPresent()) {
          return out;
        }
      }
    }
    return Optional.empty();
  }

  /** Descends to the next symbolic link, the next {@code ..} or the end of the path. */
  private Optional<NarListing.Node> goDown() throws IOException {
    List<String> way = new ArrayList<>(place);
    ahead.stream().takeWhile(name -> !name.equals(UP)).forEach(way::add);
    Optional<OpenDocument> found = listing.find();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (OpenDocument document = found.get();
        Reader reader = read(document)) {
      Optional<NarListingSearch.Found> met =
          NarListingSearch.find(reader, way, NarFiles.MAX_ENTRIES);
      while (met.isPresent() && place.size() < met.get().depth()) {
        place.add(ahead.pop());
      }
      return met.map(NarListingSearch.Found::node);
    } catch (NixFormatException e) {
      throw new IOException("the stored listing is damaged: " + e.getMessage(), e);
    }
  }

  /** Replaces the current link by its target; present if the target leaves the store path. */
  private Optional<Found> follow(String target) {
    boolean isAbsolute = target.startsWith("/");
    String storeDir = narInfo.storePath().storeDir() + "/";
    if (isAbsolute && !target.startsWith(storeDir)) {
      return nothing("the symbolic link points outside the store");
    }
    boolean isRoot = place.isEmpty();
    String way = isAbsolute ? target.substring(storeDir.length()) : target;
    List<String> names = Arrays.asList(way.split("/", -1));
    for (int i = names.size() - 1; i >= 0; i--) {
      if (!names.get(i).isEmpty() && !names.get(i).equals(".")) {
        ahead.push(names.get(i));
      }
    }
    if (isAbsolute || isRoot) {
      place.clear();
      return enter();
    }
    place.remove(place.size() - 1);
    return Optional.empty();
  }

  /** Enters a store path from the store directory; present unless it is the current store path. */
  private Optional<Found> enter() {
    String baseName = ahead.poll();
    if (narInfo.storePath().baseName().equals(baseName)) {
      return Optional.empty();
    }
    if (baseName == null || baseName.equals(UP)) {
      return nothing("the symbolic link points outside the store");
    }
    try {
      StorePath other = StorePath.parse(narInfo.storePath().storeDir() + "/" + baseName);
      List<String> path = new ArrayList<>();
      for (String name : ahead) {
        if (!name.equals(UP)) {
          path.add(name);
        } else if (!path.isEmpty()) {
          path.remove(path.size() - 1);
        } else {
          return nothing("the symbolic link points outside the store");
        }
      }
      return Optional.of(new NarFiles.FoundElsewhere(other.hash(), path));
    } catch (NixFormatException e) {
      return nothing("the target of the symbolic link is not a store path");
    }
  }

  private Optional<Found> found(NarListing.Node node) throws IOException {
    String narHash = narInfo.nar().hash().nix32();
    if (node instanceof NarListing.Regular file) {
      String tag = narHash + "-" + file.narOffset();
      return nar.find()
          .map(all -> new PartSource(all, file.narOffset(), file.sizeBytes(), tag))
          .map(NarFiles.FoundFile::new);
    }
    List<String> here = List.copyOf(place);
    return Optional.of(
        new NarFiles.FoundDirectory(
            (NarListing.Directory) node,
            narHash + "-" + digest(String.join("/", here)),
            out -> copy(here, out)));
  }

  private void copy(List<String> path, Appendable out) throws IOException {
    try (OpenDocument document =
            listing.find().orElseThrow(() -> new IOException("the listing no longer exists"));
        Reader reader = read(document)) {
      NarListingSearch.copy(reader, path, out);
    }
  }

  private static Reader read(OpenDocument document) throws IOException {
    return new InputStreamReader(document.plain(), StandardCharsets.UTF_8);
  }

  private static String digest(String text) {
    byte[] sha256 = Sha256.newDigest().digest(text.getBytes(StandardCharsets.UTF_8));
    return Nix32.encode(Arrays.copyOf(sha256, TAG_BYTES));
  }

  private static Optional<Found> nothing(String reason) {
    return Optional.of(new NarFiles.FoundNothing(reason));
  }
}
