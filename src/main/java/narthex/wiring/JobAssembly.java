package narthex.wiring;

import java.util.List;
import narthex.maintain.Job;
import narthex.maintain.Leases;
import narthex.maintain.PinsJob;
import narthex.maintain.UnpinJob;
import narthex.settings.Settings;

/** Creates the jobs that an administrator can ask for, over HTTP or on the command line. */
final class JobAssembly {
  private JobAssembly() {}

  /**
   * Returns all jobs.
   *
   * @param base what the assembly was made of
   * @param leases decide what this replica does and others don't
   */
  static List<Job> jobs(Settings settings, Assembly.Base base, Assembly assembly, Leases leases) {
    return List.of(assembly.pinJob(), new UnpinJob(assembly.pins()), new PinsJob(assembly.pins()));
  }
}
