package io.github.attention4j.viz.cli;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** The version of this module, as the build recorded it. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    ModuleDescriptor descriptor = Version.class.getModule().getDescriptor();
    String version = descriptor == null ? "unknown" : descriptor.rawVersion().orElse("unknown");
    return new String[] {
      "attention4j " + version, "Java " + Runtime.version() + ", " + System.getProperty("os.arch")
    };
  }
}
