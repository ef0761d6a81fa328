package io.github.attention4j.api;

import java.util.Random;

/// A feature map $\phi$ with which attention becomes linear in the length: $w_{ij} \propto
/// \phi(q_i) \cdot \phi(k_j)$.
public sealed interface FeatureMap {
  /// $\phi(x) = \operatorname{elu}(x) + 1$, element by element: $x + 1$ for $x > 0$, else $e^x$. No
  /// $1/\sqrt d$.
  ///
  /// Source: Katharopoulos et al. 2020 (arXiv:2006.16236), eq. 7.
  record EluPlusOne() implements FeatureMap {}

  /// Performer's positive random features: with $x' = x / d^{1/4}$, $\phi(x) =
  /// \frac{e^{-|x'|^2/2}}{\sqrt m} (e^{\omega_1 \cdot x'}, …, e^{\omega_m \cdot x'})$; hyperbolic:
  /// also $e^{-\omega_r \cdot x'}$, over $\sqrt{2m}$.
  ///
  /// The exact formula without stabiliser or ε: a maximum over all keys cancels in the ratio, and
  /// the maximum of one query may be taken freely. Published code subtracts a maximum and adds ε,
  /// which leaks the future through ε alone.
  ///
  /// Source: Choromanski et al. 2021 (arXiv:2009.14794), lemma 1, eq. 4-7.
  ///
  /// @param omega the directions $\omega$, `[features, keySize]` or `[heads, features, keySize]`
  /// @param hyperbolic whether $-\omega$ is used too
  record FavorPlus(Tensor omega, boolean hyperbolic) implements FeatureMap {
    public FavorPlus {
      Check.rank("omega", omega, 2, 3);
    }

    /// Gaussian directions drawn from a seed, the same for every head; the same seed gives the same
    /// directions everywhere.
    ///
    /// @param orthogonal whether rows are made orthogonal within each group of `keySize`
    ///   (Gram-Schmidt), with the lengths of independent Gaussian rows
    public static FavorPlus draw(
        int features, int keySize, long seed, boolean orthogonal, boolean hyperbolic) {
      Check.atLeast("features", 1, features);
      Check.atLeast("keySize", 1, keySize);
      Random random = new Random(seed);
      double[][] rows = new double[features][keySize];
      for (int r = 0; r < features; r++) {
        for (int c = 0; c < keySize; c++) {
          rows[r][c] = random.nextGaussian();
        }
        if (orthogonal) {
          double length = Math.sqrt(dot(rows[r], rows[r]));
          for (int other = r - r % keySize; other < r; other++) {
            double share = dot(rows[r], rows[other]) / dot(rows[other], rows[other]);
            for (int c = 0; c < keySize; c++) {
              rows[r][c] -= share * rows[other][c];
            }
          }
          double rest = Math.sqrt(dot(rows[r], rows[r]));
          for (int c = 0; c < keySize; c++) {
            rows[r][c] *= length / rest;
          }
        }
      }
      float[] omega = new float[features * keySize];
      for (int r = 0; r < features; r++) {
        for (int c = 0; c < keySize; c++) {
          omega[r * keySize + c] = (float) rows[r][c];
        }
      }
      return new FavorPlus(Tensor.of(omega, features, keySize), hyperbolic);
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }
  }
}
