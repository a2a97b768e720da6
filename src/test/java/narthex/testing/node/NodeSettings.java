package narthex.testing.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import narthex.chunk.ChunkSizes;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup.Prefetch;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.testing.FaultyUpstream;
import narthex.testing.StoredChunks;

/** The settings of a node, read as those of a deployment. */
final class NodeSettings {
  private static final long MAX_UPLOADED_NAR_BYTES = 1 << 20;

  private final Node.Options options;

  NodeSettings(Node.Options options) {
    this.options = options;
  }

  /** Reads the settings of a node over this folder with these upstreams. */
  Settings read(Path folder, List<FaultyUpstream> sources) throws IOException {
    Map<String, String> named = new HashMap<>();
    named.put("narthex.data-dir", folder.toString());
    named.put("narthex.blob.url", Node.blobFolder(folder).toAbsolutePath().toString());
    named.put("narthex.signing.key-files", keyFiles(folder));
    named.put("narthex.narinfo.revalidate-after", options.revalidateAfter.toString());
    named.put("narthex.narinfo.memory-size", Long.toString(options.memoryBytes));
    named.put("narthex.memory-ttl", options.memoryTtl.toString());
    named.put("narthex.prefetch", Boolean.toString(options.prefetch == Prefetch.ON));
    named.put("narthex.upload.max-nar-size", Long.toString(MAX_UPLOADED_NAR_BYTES));
    named.put("narthex.upload.max-document-size", Long.toString(Node.MAX_DOCUMENT_BYTES));
    named.put("narthex.upload.trusted-keys", print(options.uploaderKeys));
    named.put("narthex.cdc.mode", options.mode.name());
    named.put(
        "narthex.cdc.advertise",
        options.advertised == Advertising.Chunked.AS_ZSTD ? "zstd" : "none");
    ChunkSizes sizes = StoredChunks.Shape.usual().sizes();
    named.put("narthex.cdc.min", Integer.toString(sizes.min()));
    named.put("narthex.cdc.avg", Integer.toString(sizes.avg()));
    named.put("narthex.cdc.max", Integer.toString(sizes.max()));
    named.put("narthex.blob.part-size", Integer.toString(StoredChunks.PACK_BYTES));
    ask(sources, named);
    return Settings.read(
        new SettingsSources(
            named, Map.of(), folder, folder.resolve("etc"), "node", ContextSources.ROOT));
  }

  private void ask(List<FaultyUpstream> sources, Map<String, String> named) {
    named.put(
        "narthex.upstreams",
        sources.stream().map(FaultyUpstream::url).collect(Collectors.joining(",")));
    for (int i = 0; i < sources.size(); i++) {
      named.put("narthex.upstream." + (i + 1) + ".priority", Integer.toString(i));
    }
    named.put("narthex.upstream.public-keys", print(options.upstreamKeys));
    named.put("narthex.upstream.proxy", "direct");
    named.put("narthex.upstream.read-timeout", options.read.toString());
    named.put("narthex.upstream.retry-within", options.retryWithin.toString());
    named.put("narthex.upstream.failures-to-open", "1000");
    named.put("narthex.upstream.probe-after", "1ms");
    named.put("narthex.upstream.better-answer-wait", Node.PATIENCE.toString());
    named.put("narthex.upstream.answer-within", Node.PATIENCE.toString());
    named.put("narthex.upstream.negative-ttl", options.negativeTtl.toString());
  }

  private static String print(List<PublicKey> keys) {
    return keys.stream().map(PublicKey::print).collect(Collectors.joining(","));
  }

  private String keyFiles(Path folder) throws IOException {
    Files.createDirectories(folder);
    List<String> files = new ArrayList<>();
    for (SecretKey key : options.keys) {
      Path file = folder.resolve(key.publicKey().name() + ".key").toAbsolutePath();
      files.add(Files.writeString(file, key.print()).toString());
    }
    return String.join(",", files);
  }
}
