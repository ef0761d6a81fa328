package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadDistancesTests {
  @Test
  void headsThatLookElsewhereAreFarApart() {
    Labels two = Labels.numbered(2);
    AttentionMap map = Traces.map(Kind.ENCODER, 0, 3, two, two, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0);
    HeadDistances distances = HeadDistances.of(new AttentionTrace(List.of(map), Map.of()), map);
    assertArrayEquals(new double[] {0, 0, Math.log(2)}, distances.matrix()[0], 1e-9);
    assertEquals(1, distances.redundant().size());
    assertEquals(1, distances.redundant().getFirst().second().head());
    assertArrayEquals(
        new int[] {0, 0, 1},
        HeadClusters.of(distances.matrix(), HeadClusters.naturalCut(distances.matrix())));
  }

  @Test
  void thePlaneKeepsDistancesThatFitIntoIt() {
    double[][] points = {{0, 0}, {3, 0}, {3, 4}, {-1, 2}, {0.5, -2}};
    double[][] distances = between(points);
    double[][] plane = ClassicalScaling.plane(distances);
    double[][] found = between(plane);
    for (int i = 0; i < points.length; i++) {
      assertArrayEquals(distances[i], found[i], 1e-9);
    }
  }

  @Test
  void thePlaneOfOnePointIsAPoint() {
    assertArrayEquals(new double[] {0, 0}, ClassicalScaling.plane(new double[][] {{0}})[0], 0);
  }

  private static double[][] between(double[][] points) {
    double[][] distances = new double[points.length][points.length];
    for (int i = 0; i < points.length; i++) {
      for (int j = 0; j < points.length; j++) {
        distances[i][j] = Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]);
      }
    }
    return distances;
  }
}
