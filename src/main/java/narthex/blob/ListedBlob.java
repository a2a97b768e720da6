package narthex.blob;

import java.time.Instant;

/**
 * A blob as a listing of the store has it.
 *
 * @param key its key
 * @param lengthBytes how long it is
 * @param modifiedAt when its last byte was written, or later, by the store's clock
 */
public record ListedBlob(String key, long lengthBytes, Instant modifiedAt) {}
