package io.github.attention4j.viz.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Every error is one line on the error stream, and the exit code says whose fault it is. */
final class Errors {
  /** Set to anything to see where an error comes from. */
  private static final String DEBUG = "ATTENTION_DEBUG";

  private static final Pattern CHOICES = Pattern.compile("expected one of \\[[A-Z_, ]+]");

  private final Terminal terminal;

  Errors(Terminal terminal) {
    this.terminal = terminal;
  }

  int badArguments(ParameterException exception, String[] arguments) {
    print(exception, message(exception));
    return ExitCode.USAGE;
  }

  private static String message(ParameterException exception) {
    CommandSpec spec = exception.getCommandLine().getCommandSpec();
    if (exception instanceof UnmatchedArgumentException unmatched
        && !spec.subcommands().isEmpty()
        && !unmatched.getUnmatched().getFirst().startsWith("-")) {
      return "command: expected one of "
          + List.copyOf(spec.subcommands().keySet())
          + ", got '"
          + unmatched.getUnmatched().getFirst()
          + "'";
    }
    return plain(text(exception)) + " (see '" + spec.qualifiedName() + " --help')";
  }

  /** What the parser says, without the words of a programmer. */
  private static String plain(String message) {
    String plain =
        message
            .replaceFirst("^Error: ", "")
            .replaceFirst("option option ", "option ")
            .replaceFirst(" \\(case-insensitive\\) but was ", ", got ")
            .replaceFirst("is not an? (int|long)$", "is not a whole number")
            .replaceFirst("is not a double$", "is not a number");
    // Constants of a program are capitals, what is typed is not.
    Matcher choices = CHOICES.matcher(plain);
    return choices.replaceFirst(
        found -> Matcher.quoteReplacement(found.group().toLowerCase(Locale.ROOT)));
  }

  int failed(Exception exception, CommandLine command, ParseResult parsed) {
    terminal.endProgress();
    return switch (exception) {
      case UncheckedIOException wrapper when wrapper.getCause() != null ->
          failed(wrapper.getCause(), command, parsed);
      case IllegalArgumentException bad -> badInput(bad, text(bad));
      case NoSuchFileException missing ->
          badInput(missing, missing.getFile() + ": " + reason(missing));
      case AccessDeniedException denied ->
          badInput(denied, denied.getFile() + ": permission denied");
      case NotDirectoryException file -> badInput(file, file.getFile() + ": expected a folder");
      case FileAlreadyExistsException file ->
          badInput(file, file.getFile() + ": is in the way, expected a folder or nothing");
      case FileSystemException other -> badInput(other, text(other));
      case IOException other -> failure(other, text(other));
      case Exception other -> failure(other, other.getClass().getSimpleName() + ": " + text(other));
    };
  }

  private static String reason(NoSuchFileException missing) {
    String reason = missing.getReason();
    return reason == null ? "no such file or folder" : reason;
  }

  private int badInput(Exception exception, String message) {
    print(exception, message);
    return ExitCode.USAGE;
  }

  private int failure(Exception exception, String message) {
    print(exception, message);
    return ExitCode.SOFTWARE;
  }

  private void print(Exception exception, String message) {
    terminal.err().println("attention: " + message.replaceAll("\\s*\\R\\s*", " "));
    if (System.getenv(DEBUG) != null) {
      exception.printStackTrace(terminal.err());
    }
  }

  private static String text(Exception exception) {
    String message = exception.getMessage();
    return message == null ? exception.getClass().getSimpleName() : message;
  }
}
