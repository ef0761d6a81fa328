package io.github.attention4j.cpu.algebra;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// The four conditions of Penrose, and hand-computed inverses.
final class PseudoInverseTests {
  @Test
  void diagonalWithAZero() {
    double[][] inverse = PseudoInverse.exact(new double[][] {{4, 0}, {0, 0}});
    assertEquals(0.25, inverse[0][0], 1e-15);
    assertEquals(0, inverse[1][1], 0);
  }

  @Test
  void allOnesIsAQuarterOfItself() {
    double[][] inverse = PseudoInverse.exact(new double[][] {{1, 1}, {1, 1}});
    for (double[] row : inverse) {
      for (double element : row) {
        assertEquals(0.25, element, 1e-14);
      }
    }
  }

  @Test
  void penroseConditions() {
    Random random = new Random(2);
    for (int n = 1; n <= 12; n++) {
      double[][] a = new double[n][n];
      for (double[] row : a) {
        java.util.Arrays.setAll(row, _ -> random.nextGaussian());
      }
      if (n > 2) {
        a[1] = a[0].clone();
      }
      double[][] x = PseudoInverse.exact(a);
      near(a, times(times(a, x), a));
      near(x, times(times(x, a), x));
      near(transposed(times(a, x)), times(a, x));
      near(transposed(times(x, a)), times(x, a));
    }
  }

  @Test
  void theIterationConvergesToTheInverse() {
    double[][] a = {{0.7, 0.2, 0.1}, {0.1, 0.8, 0.1}, {0.25, 0.25, 0.5}};
    near(PseudoInverse.exact(a), PseudoInverse.iterated(a, 20));
  }

  private static void near(double[][] expected, double[][] actual) {
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected.length; j++) {
        assertEquals(expected[i][j], actual[i][j], 1e-9 * (1 + Math.abs(expected[i][j])));
      }
    }
  }

  private static double[][] transposed(double[][] a) {
    double[][] t = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] c = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        for (int k = 0; k < a.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }
}
