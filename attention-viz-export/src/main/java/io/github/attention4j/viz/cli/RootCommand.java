package io.github.attention4j.viz.cli;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "attention",
    description = "Runs attention mechanisms and shows what models look at.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      ExplainCommand.class,
      MatchCommand.class,
      AlignCommand.class,
      RunCommand.class,
      ExportCommand.class,
      ConformCommand.class,
      ProvidersCommand.class,
      AnalyzeCommand.class,
      ConvertCommand.class,
      BenchCommand.class,
      GenerateCompletion.class,
    },
    footer = {
      "",
      "Environment, read by the launcher:",
      "  ATTENTION_PROVIDERS     jars of further providers, separated like a class path",
      "  ATTENTION_JAVA_HOME     a JDK 25, where none is found by itself",
      "  ATTENTION_JAVA_OPTIONS  options for the JVM, such as -Xmx8g",
      "  ATTENTION_DEBUG         set to anything: errors come with a stack trace",
      "",
      "'attention COMMAND --help' explains a command.",
      "Exit code 0: done, 1: failed, 2: bad input.",
    })
final class RootCommand implements Runnable {
  @Spec private CommandSpec spec;
  @Mixin private RunOptions options;

  RunOptions options() {
    return options;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "expected a command, one of " + String.join(", ", spec.subcommands().keySet()));
  }
}
