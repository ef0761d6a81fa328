package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What keeps vectors from becoming objects, on the bytes of the classes: see decision 021.
class CompiledAloneTests {
  /// `FreqInlineSize`: a longer method is never inlined where it is called.
  private static final int LONGEST_INLINED = 325;

  private static final String VECTORS = "jdk/incubator/vector/";

  /// What every tile goes through.
  private static final List<Class<?>> STAGES =
      List.of(
          SoftmaxStage.class,
          Softcap.class,
          ScoreKernel.class,
          ValueKernel.class,
          OutputKernel.class,
          PackKernel.class,
          Transposition.class,
          PackedHead.class);

  @Test
  void loopsOverVectorsAreTooLongToBeInlined() {
    List<String> inlined = new ArrayList<>();
    int found = 0;
    List<Class<?>> all = new ArrayList<>(STAGES);
    all.add(mechanism("Product"));
    for (Class<?> stage : all) {
      for (MethodModel method : model(stage).methods()) {
        CodeAttribute code = code(method);
        if (usesVectors(code) && loops(code)) {
          found++;
          // Weights are captured by a loop that is the small end of a method of its own.
          if (code.codeLength() <= LONGEST_INLINED
              && !method.methodName().equalsString("weights")) {
            inlined.add(
                stage.getSimpleName() + "." + method.methodName() + ": " + code.codeLength());
          }
        }
      }
    }
    assertFalse(found < 15, () -> "loops over vectors: too few were found");
    assertEquals(List.of(), inlined);
  }

  @Test
  void driversSeeNoVectors() {
    for (Class<?> driver :
        List.of(
            PairwiseRun.class,
            PanelStages.class,
            PairwiseArrays.class,
            Panel.class,
            FewQueriesRun.class)) {
      for (MethodModel method : model(driver).methods()) {
        assertFalse(
            usesVectors(code(method)), () -> driver.getSimpleName() + "." + method.methodName());
      }
    }
  }

  @Test
  void noVectorCrossesAMethod() {
    List<String> crossed = new ArrayList<>();
    List<Class<?>> all = new ArrayList<>(STAGES);
    all.add(FewQueriesScores.class);
    all.add(FewQueriesSoftmax.class);
    all.add(FewQueriesValues.class);
    all.add(mechanism("Product"));
    all.add(mechanism("RecurrentState"));
    all.add(mechanism("DeltaRule"));
    all.add(SimplexStage.class);
    all.add(ChainStage.class);
    for (Class<?> stage : all) {
      for (MethodModel method : model(stage).methods()) {
        String type = method.methodType().stringValue();
        boolean constant = method.methodName().stringValue().matches("shift|odd|turn");
        if (type.contains(VECTORS) && !constant) {
          crossed.add(stage.getSimpleName() + "." + method.methodName() + type);
        }
      }
    }
    assertEquals(List.of(), crossed);
  }

  /**
   * A method that is handed a vector is inlined or makes an object of it, and what is inlined
   * depends on what else the process did. Functions of single elements take the risk.
   */
  @Test
  void onlyFunctionsOfElementsCallMethodsWithVectors() throws IOException, URISyntaxException {
    Path classes = Path.of(Lanes.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Set<String> callers = new TreeSet<>();
    int seen = 0;
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        seen++;
        ClassModel model = ClassFile.of().parse(file);
        String name = model.thisClass().asInternalName();
        for (MethodModel method : model.methods()) {
          boolean measures = name.contains("/peak/");
          if (!measures && method.code().isPresent() && passesVectors(code(method))) {
            callers.add(name.substring(name.lastIndexOf('/') + 1));
          }
        }
      }
    }
    int found = seen;
    assertFalse(found < 100, () -> "classes: too few were found: " + found);
    assertEquals(Set.of("AdditiveKernel", "Exponential", "RowKernels"), callers);
  }

  private static boolean passesVectors(CodeAttribute code) {
    for (CodeElement element : code) {
      if (element instanceof InvokeInstruction call
          && call.owner().asInternalName().startsWith("io/github/attention4j/")
          && call.type().stringValue().contains(VECTORS + "FloatVector;")) {
        return true;
      }
    }
    return false;
  }

  /** See {@link Lanes#notNative}: otherwise the compiler asks at every vector. */
  @Test
  void loopsOverNativeMemoryAskOnce() {
    List<String> silent = new ArrayList<>();
    int found = 0;
    List<Class<?>> all = new ArrayList<>(STAGES);
    all.addAll(
        List.of(
            AdditiveKernel.class,
            FewQueriesScores.class,
            FewQueriesValues.class,
            PackedMatrix.class,
            RowKernels.class));
    for (Class<?> stage : all) {
      for (MethodModel method : model(stage).methods()) {
        CodeAttribute code = code(method);
        if (usesVectors(code) && loops(code) && calls(code, "MemorySegment", ".*")) {
          found++;
          if (!calls(code, "MemorySegment", "isNative")) {
            silent.add(stage.getSimpleName() + "." + method.methodName());
          }
        }
      }
    }
    int loops = found;
    assertFalse(loops < 20, () -> "loops over native memory: too few were found: " + loops);
    assertEquals(List.of(), silent);
  }

  /** Kernels of other mechanisms, in a package of their own. */
  private static Class<?> mechanism(String name) {
    try {
      return Class.forName("io.github.attention4j.cpu.mechanism." + name);
    } catch (ClassNotFoundException gone) {
      throw new IllegalStateException(gone);
    }
  }

  private static ClassModel model(Class<?> type) {
    try (InputStream bytes = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      return ClassFile.of().parse(Objects.requireNonNull(bytes).readAllBytes());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static CodeAttribute code(MethodModel method) {
    return (CodeAttribute) method.code().orElseThrow();
  }

  private static boolean usesVectors(CodeAttribute code) {
    for (CodeElement element : code) {
      if (element instanceof InvokeInstruction call
          && call.owner().asInternalName().startsWith(VECTORS + "FloatVector")) {
        return true;
      }
    }
    return false;
  }

  /** Whether it calls such a method of such a class, or hands such an object to a vector. */
  private static boolean calls(CodeAttribute code, String owner, String name) {
    for (CodeElement element : code) {
      if (element instanceof InvokeInstruction call
          && call.name().stringValue().matches(name)
          && (call.owner().asInternalName().endsWith("/" + owner)
              || (name.equals(".*") && call.type().stringValue().contains("/" + owner + ";")))) {
        return true;
      }
    }
    return false;
  }

  /** Whether it jumps back. */
  private static boolean loops(CodeAttribute code) {
    int at = 0;
    for (CodeElement element : code) {
      if (element instanceof BranchInstruction branch && code.labelToBci(branch.target()) < at) {
        return true;
      }
      if (element instanceof java.lang.classfile.Instruction instruction) {
        at += instruction.sizeInBytes();
      }
    }
    return false;
  }
}
