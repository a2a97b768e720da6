package narthex.maintain;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Chore} has done on this server since its start.
 *
 * @param name the task, as {@link Chore#name}
 * @param running how many items are being worked on now
 * @param finished how many items were finished
 * @param finishedAt when the last of them was; null if none was
 * @param failed how many attempts failed
 * @param lastFailure why the last attempt failed that did; null if none did
 */
public record ChoreState(
    String name,
    int running,
    long finished,
    @Nullable Instant finishedAt,
    long failed,
    @Nullable String lastFailure) {}
