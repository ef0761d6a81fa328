package io.github.attention4j.viz.cli;

import io.github.attention4j.viz.wiring.InjectedCommands;
import picocli.CommandLine;

/// The entry point of the command line.
public final class Main {
  private Main() {}

  /// Runs a command and ends the process with its exit code.
  public static void main(String[] arguments) {
    int exitCode = run(Terminal.ofProcess(), arguments);
    System.exit(exitCode);
  }

  /// Runs a command.
  ///
  /// @return 0: done, 1: failed, 2: bad input
  public static int run(Terminal terminal, String... arguments) {
    Errors errors = new Errors(terminal);
    int exitCode =
        new CommandLine(RootCommand.class, new InjectedCommands(terminal))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(terminal.out())
            .setErr(terminal.err())
            .setColorScheme(
                CommandLine.Help.defaultColorScheme(
                    terminal.interactive()
                        ? CommandLine.Help.Ansi.AUTO
                        : CommandLine.Help.Ansi.OFF))
            .setParameterExceptionHandler(errors::badArguments)
            .setExecutionExceptionHandler(errors::failed)
            .execute(arguments);
    terminal.out().flush();
    terminal.err().flush();
    return exitCode;
  }
}
