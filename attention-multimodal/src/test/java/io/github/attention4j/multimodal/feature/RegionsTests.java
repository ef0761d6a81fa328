package io.github.attention4j.multimodal.feature;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegionsTests {
  @Test
  void pixelsBecomePartsOfThePicture() {
    Regions regions =
        Regions.ofPixels(List.of(List.of(10.0, 20.0, 60.0, 40.0)), 100, 200).withWhole();
    assertArrayEquals(
        new float[] {0, 0, 1, 1, 1, 0.1f, 0.1f, 0.6f, 0.2f, 0.05f},
        regions.geometry().toArray(),
        1e-7f);
    assertArrayEquals(
        new float[] {0, 0, 1, 1, 0.1f, 0.1f, 0.6f, 0.2f}, regions.corners().toArray(), 1e-7f);
    assertEquals(regions.boxes(), regions.labels().places());
  }

  @Test
  void theWholePicturesFeaturesAreTheMean() {
    Tensor features = Tensor.of(new float[] {1, 2, 3, 6}, 1, 2, 2);
    assertArrayEquals(new float[] {2, 4, 1, 2, 3, 6}, Regions.withMean(features).toArray());
  }

  @Test
  void boxesBeyondThePictureAreRefused() {
    for (List<Double> box :
        List.of(List.of(0.0, 0.0, 1.1, 1.0), List.of(0.5, 0.0, 0.4, 1.0), List.of(0.0, 0.0, 1.0))) {
      assertThrows(IllegalArgumentException.class, () -> new Regions(List.of(box)));
    }
    // What a model read as a box, and is none, has no place.
    Tensor read = Tensor.of(new float[] {0, 0, 0, 0, 0, 0, 0.5f, 1}, 1, 2, 4);
    assertEquals(List.of(List.of(), List.of(0.0, 0.0, 0.5, 1.0)), Regions.labels(read, 0).places());
  }
}
