package narthex.blob;

import java.time.Instant;

/**
 * An entry in a listing of the store.
 *
 * @param key key of the blob
 * @param lengthBytes length of the blob
 * @param modifiedAt when its last byte was written, or later, by the store's clock
 */
public record ListedBlob(String key, long lengthBytes, Instant modifiedAt) {}
