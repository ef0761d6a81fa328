package io.github.attention4j.viz;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules of the house: who may use whom, where single libraries may appear, how things are
/// named.
class ArchitectureTests {
  private static final String ROOT = "io.github.attention4j.";

  /** Module folder and root package. */
  private static final Map<String, String> MODULES =
      Map.of(
          "attention-api", "api",
          "attention-cpu", "cpu",
          "attention-onnx-gpu", "onnx",
          "attention-multimodal", "multimodal",
          "attention-viz-export", "viz");

  /** Production classes only: test classes live in other folders. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importPaths(MODULES.keySet().stream().map(ArchitectureTests::compiled).toList());

  private static Path compiled(String module) {
    Path classes = Path.of("..", module, "target", "classes");
    assertTrue(Files.isDirectory(classes), () -> module + " is not compiled: build it first");
    return classes;
  }

  /** What a module may use besides itself and java.base. */
  private static void only(String module, String... others) {
    String[] allowed = new String[others.length + 3];
    allowed[0] = ROOT + module + "..";
    allowed[1] = "java..";
    allowed[2] = "org.jspecify..";
    System.arraycopy(others, 0, allowed, 3, others.length);
    classes()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(allowed))
        .check(CLASSES);
  }

  @Test
  void everyModuleIsLookedAt() {
    MODULES
        .values()
        .forEach(module ->
            assertTrue(
                CLASSES.stream().anyMatch(resideInAPackage(ROOT + module + "..")),
                () -> "no classes of " + module));
  }

  @Test
  void theApiDependsOnThePlatformAlone() {
    only("api");
  }

  @Test
  void theCpuProvidersDependOnTheApiAndTheVectorModule() {
    only(
        "cpu",
        ROOT + "api..",
        "jdk.incubator.vector..",
        "com.sun.management..",
        "org.apache.lucene..");
  }

  @Test
  void luceneAppearsInExternalMemoriesOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "cpu.memory..")
        .should()
        .dependOnClassesThat(resideInAPackage("org.apache.lucene.."))
        .check(CLASSES);
  }

  @Test
  void theOnnxProviderDependsOnTheApiTheRuntimeAndTheFileFormat() {
    only(
        "onnx",
        ROOT + "api..",
        "ai.onnxruntime..",
        "com.google.protobuf..",
        "com.fasterxml.jackson..");
  }

  @Test
  void theModelsKnowNoProvider() {
    only(
        "multimodal",
        ROOT + "api..",
        "com.fasterxml.jackson..",
        "com.google.inject..",
        "jakarta.inject..",
        "ai.djl..",
        "javax.imageio..",
        "javax.sound..");
  }

  @Test
  void theCommandLineMeetsProvidersThroughTheServiceLoaderOnly() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "viz..")
        .should()
        .dependOnClassesThat(resideInAnyPackage(ROOT + "cpu..", ROOT + "onnx.."))
        .check(CLASSES);
  }

  @Test
  void guiceAppearsInWiringOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..wiring..")
        .should()
        .dependOnClassesThat(resideInAPackage("com.google.inject.."))
        .check(CLASSES);
  }

  @Test
  void modulesFormNoCycle() {
    ArchRule rule = slices().matching("io.github.attention4j.(*)..").should().beFreeOfCycles();
    rule.check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Util", "Utils", "Helper", "Manager", "Impl"})
  void namesSayWhatAThingIs(String suffix) {
    noClasses().should().haveSimpleNameEndingWith(suffix).check(CLASSES);
  }

  @Test
  void nothingIsCalledAbstract() {
    noClasses().should().haveSimpleNameStartingWith("Abstract").check(CLASSES);
  }
}
