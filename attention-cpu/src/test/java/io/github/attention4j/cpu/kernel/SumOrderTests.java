package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/**
 * The same inputs give the same bits, also before and after a method is compiled: the order in
 * which {@code reduceLanes} adds is not specified, and differs.
 */
final class SumOrderTests {
  private static final String PEAKS = "/peak/";

  @Test
  void nobodyAddsLanesInAnOrderOfTheCompilers()
      throws IOException, URISyntaxException, ReflectiveOperationException {
    Path classes = Path.of(Lanes.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<String> found = new ArrayList<>();
    int seen = 0;
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        ClassModel model = ClassFile.of().parse(file);
        seen++;
        // What is measured there is time; the sums are only kept from being optimised away.
        if (!file.toString().contains(PEAKS) && callsReduceLanes(model)) {
          found.add(model.thisClass().asInternalName());
        }
      }
    }
    assertTrue(seen > 100, "classes: too few were found");
    assertEquals(List.of(), found);
  }

  private static boolean callsReduceLanes(ClassModel model) {
    return model.methods().stream()
        .flatMap(method -> method.code().stream())
        .flatMap(code -> code.elementStream())
        .anyMatch(element ->
            element instanceof InvokeInstruction call && call.name().equalsString("reduceLanes"));
  }

  @Test
  void exchangesMakeTheSumOfAllLanes() {
    float[] powers = new float[Lanes.LENGTH];
    for (int lane = 0; lane < powers.length; lane++) {
      powers[lane] = 1 << lane;
    }
    FloatVector sum = FloatVector.fromArray(Lanes.SPECIES, powers, 0);
    for (int distance = Lanes.LENGTH / 2; distance > 0; distance /= 2) {
      sum =
          sum.add(
              sum.rearrange(
                  switch (distance) {
                    case 8 -> Lanes.BY_8;
                    case 4 -> Lanes.BY_4;
                    case 2 -> Lanes.BY_2;
                    default -> Lanes.BY_1;
                  }));
    }
    assertEquals((1 << Lanes.LENGTH) - 1, sum.lane(0));
  }
}
