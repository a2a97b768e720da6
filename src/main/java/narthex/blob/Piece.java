package narthex.blob;

/**
 * The name of a piece of a blob. All pieces of a store have the same length, but the last one of a
 * blob is shorter.
 *
 * @param key key of the blob
 * @param index number of the piece in the blob, from 0
 */
record Piece(String key, long index) {}
