package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.TILE;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Score;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What one panel of queries goes through, and which queries it is of.
///
/// 1. Pack the queries;
/// 2. for each tile of up to 128 keys that one of them may reach: score, bias, scope, normalize,
///    value;
/// 3. divide by the sum of weights and write out.
///
/// Panels are of a *unit*: a batch entry and a head of packed keys. Which thread takes which panel,
/// and when, is for [PairwiseRun] to say.
final class PanelStages {
  private final PairwisePlan plan;
  private final PairwiseInputs in;
  private final PairwiseArrays arrays;
  private final @Nullable RowSink sink;
  private final ScopeTiles scope;
  private final BiasStage[] biases;
  private final BiasStage.@Nullable Dense given;
  private final @Nullable LongTensor positions;
  private final float factor;
  private final boolean stacked;
  private final int panelsPerHead;
  private final int keys;

  /// Elements of a packed key and of a value, rounded up to whole vectors.
  final int depth;

  final int columns;

  /// Heads of packed keys, query heads that read each, and panels of these.
  final int packHeads;

  final int group;
  final int panels;

  PanelStages(PairwisePlan plan, PairwiseInputs in, PairwiseArrays arrays, @Nullable RowSink sink) {
    this.plan = plan;
    this.in = in;
    this.arrays = arrays;
    this.sink = sink;
    keys = in.keys();
    scope = ScopeTiles.of(plan.mechanism.scope(), in);
    biases =
        plan.mechanism.biases().stream()
            .map(bias -> BiasStage.of(bias, in))
            .toArray(BiasStage[]::new);
    boolean dot = plan.kind != PairwisePlan.Kind.GIVEN;
    given = dot ? null : givenScores(plan.mechanism.score(), in);
    depth = dot ? plan.keyStage.size(in.keySize()) : 0;
    columns = Lanes.roundUp(in.valueSize(), LENGTH);
    factor = plan.factor(in);
    Score.Rotary rotary = plan.rotary;
    positions = rotary == null ? null : in.rotaryPositions(rotary);
    if (plan.rotation != null) {
      plan.rotation.prepare(Math.max(keys, in.queries()));
    }
    packHeads = plan.keysPerQueryHead() ? in.queryHeads() : in.keyHeads();
    group = in.queryHeads() / packHeads;
    stacked = group > 1 && in.queries() < MAX_PANEL;
    panelsPerHead =
        Lanes.vectors(in.queries()) == 0
            ? 0
            : (Lanes.vectors(in.queries()) + Lanes.MAX_VECTORS - 1) / Lanes.MAX_VECTORS;
    int rows = group * in.queries();
    panels = stacked ? (rows + MAX_PANEL - 1) / MAX_PANEL : group * panelsPerHead;
    checkSize("key", depth);
    checkSize("value", columns);
  }

  private void checkSize(String name, int size) {
    if ((long) keys * size > Integer.MAX_VALUE - 64) {
      throw new IllegalArgumentException(
          name
              + ": expected fewer than 2^31 elements in the vectors of one head, got "
              + keys
              + " x "
              + size);
    }
  }

  private static BiasStage.Dense givenScores(Score score, PairwiseInputs in) {
    Score inner = score instanceof Score.Softcap(Score capped, double _) ? capped : score;
    String input = ((Score.Given) inner).input();
    var array = in.inputs().tensor(input);
    return new BiasStage.Dense(array.segment(), in.broadcast(input, array), false);
  }

  /// Makes room for captures.
  void prepare() {
    arrays.prepare(in, panels, stacked ? panels : panelsPerHead);
  }

  /// Whether scores are computed of keys as they are.
  boolean plainKeys() {
    return given == null && plan.keyStage.none();
  }

  /// Packs the keys `from` to `to` - 1 of a head, if scores are computed of any.
  void packKeys(PackedHead head, int b, int keyHead, int h, int from, int to, Panel x) {
    if (given == null) {
      x.reserve(depth, columns, widest());
      head.keys(arrays.key(), b, keyHead, h, from, to, in.keySize(), depth, plan.keyStage, this, x);
    }
  }

  /// The position that rotates a key.
  long keyPosition(int b, int key) {
    return positions == null ? key : positions.at((long) b * keys + key);
  }

  private long queryPosition(int b, int query) {
    return positions == null ? in.position(b, query) : positions.at((long) b * keys + query);
  }

  private void place(int unit, int panel, Panel x) {
    int b = unit / packHeads;
    int firstHead = unit % packHeads * group;
    if (stacked) {
      int from = panel * MAX_PANEL;
      int to = Math.min(group * in.queries(), from + MAX_PANEL);
      x.start(b, to - from);
      while (from < to) {
        int query = from % in.queries();
        int count = Math.min(to - from, in.queries() - query);
        x.add(firstHead + from / in.queries(), query, count);
        from += count;
      }
      return;
    }
    // Vectors are dealt out evenly: 128 queries are 3 + 3 + 2, never 3 + 3 + 1 + 1.
    int vectors = Lanes.vectors(in.queries());
    int number = panel % panelsPerHead;
    int from = vectors * number / panelsPerHead * LENGTH;
    int to = Math.min(in.queries(), vectors * (number + 1) / panelsPerHead * LENGTH);
    x.start(b, to - from);
    x.add(firstHead + panel / panelsPerHead, from, to - from);
  }

  /// Starts a panel: its queries, what it accumulates, and which keys it may reach.
  void begin(int unit, int panel, Panel x) {
    place(unit, panel, x);
    x.reserve(depth, columns, widest());
    if (given == null) {
      packQueries(x);
    }
    Arrays.fill(x.m, 0, x.width, Float.NEGATIVE_INFINITY);
    Arrays.fill(x.l, 0, x.width, 0f);
    // One panel of every run adds to zeros, as the later tiles of a long sequence add to sums:
    // compiled from short sequences alone, the kernels would leave that out, and the first long one
    // would wait for them to be compiled again.
    x.first = unit > 0 || panel > 0;
    if (!x.first) {
      Arrays.fill(x.o, 0, x.lanes * columns, 0f);
    }
    arrays.begin(x);
    findKeys(x);
    x.rewind();
    if (sink != null) {
      sink.begin(x);
    }
  }

  /// Ends a panel that has gone through all its keys.
  void end(PackedHead head, int unit, int panel, Panel x) {
    if (sink != null) {
      if (sink.end(x)) {
        wholeRows(sink, head, unit, x);
      }
      return;
    }
    writeOutput(x);
    arrays.end(x, panel);
    if (plan.weights) {
      arrays.clearWeights(x);
      x.rewind();
      tiles(head, unit, x, keys, true);
    }
  }

  /// Values and output, where weights come in whole rows.
  private void wholeRows(RowSink rows, PackedHead head, int unit, Panel x) {
    Arrays.fill(x.alpha, 0, x.width, 1f);
    Arrays.fill(x.l, 0, x.width, 1f);
    for (int from = 0; from < keys; from += TILE) {
      if (rows.weights(x, from, Math.min(TILE, keys - from))) {
        x.locate(depth, columns);
        // A weight may be anywhere.
        x.openRows = x.rows;
        values(head, unit, x);
      }
    }
    writeOutput(x);
  }

  /** The largest vector before or after its stage: an additive score may make them longer. */
  private int widest() {
    return Math.max(Math.max(in.querySize(), in.keySize()), Math.max(depth, columns));
  }

  private void packQueries(Panel x) {
    int size = in.querySize();
    Rows rows = arrays.query();
    MemorySegment from = x.rowsOfLanes;
    long start = 0;
    long step = 4L * Lanes.roundUp(depth, LENGTH);
    if (plan.queryStage.none() && x.groups == 1 && whole(rows, size, x)) {
      from = rows.segment();
      start = 4 * rows.index(x.batch, x.groupHead[0], x.groupFirst[0]);
      step = 4 * rows.row();
    } else {
      for (int g = 0; g < x.groups; g++) {
        gather(rows, size, x, g, step);
      }
    }
    // Lanes without a query hold anything: no other lane sees it.
    for (int at = 0; at < x.width; at += LENGTH) {
      Transposition.run(from, start + at * step, step, depth, factor, x.q, at, x.width, x.square);
    }
  }

  /** Whether whole vectors of as many rows as there are lanes can be read where the queries are. */
  private static boolean whole(Rows rows, int size, Panel x) {
    long first = rows.index(x.batch, x.groupHead[0], x.groupFirst[0]);
    long end = first + (x.width - 1) * rows.row() + Lanes.roundUp(size, LENGTH);
    return 4 * end <= rows.segment().byteSize();
  }

  private void gather(Rows rows, int size, Panel x, int g, long step) {
    long from = rows.index(x.batch, x.groupHead[g], x.groupFirst[g]);
    long to = x.groupLane[g] * step;
    int count = x.groupCount[g];
    if (plan.queryStage.none()) {
      PackKernel.rows(
          rows.segment(), 4 * from, 4 * rows.row(), count, size, x.rowsOfLanes, to, step);
      return;
    }
    for (int i = 0; i < count; i++) {
      rows.read(from + i * rows.row(), x.vector, 0, size);
      plan.queryStage.apply(
          x.vector,
          size,
          x.transformed,
          0,
          x.groupHead[g],
          queryPosition(x.batch, x.groupFirst[g] + i));
      MemorySegment.copy(
          x.transformed, 0, x.rowsOfLanes, ValueLayout.JAVA_FLOAT, to + i * step, depth);
    }
  }

  private void findKeys(Panel x) {
    scope.ranges(
        x.batch, x.groupHead[0], x.groupFirst[0], x.groupCount[0], x.some, x.every, x.scope);
    for (int g = 1; g < x.groups; g++) {
      scope.ranges(
          x.batch,
          x.groupHead[g],
          x.groupFirst[g],
          x.groupCount[g],
          x.other,
          x.joinedEvery,
          x.scope);
      x.joined.union(x.some, x.other);
      x.some.set(x.joined);
      x.joined.intersection(x.every, x.joinedEvery);
      x.every.set(x.joined);
    }
  }

  /// Gathers the live keys below `before` tile by tile, from where the panel is; an unfinished tile
  /// is kept for the next stretch. Behind the keys at the start of a tile that are open to all
  /// queries bits are asked for, and keys that turn out to be open to none are dropped.
  void tiles(PackedHead head, int unit, Panel x, long before, boolean again) {
    while (x.interval < x.some.count()) {
      int to = (int) Math.min(before, x.some.to(x.interval));
      int key = Math.max(x.next, x.some.from(x.interval));
      while (key < to) {
        int take = Math.min(to - key, TILE - x.rows);
        while (x.open < x.every.count() && x.every.to(x.open) <= key) {
          x.open++;
        }
        boolean opens = x.open < x.every.count() && x.every.from(x.open) <= key;
        x.take(key, key + take, opens ? x.every.to(x.open) : key);
        key += take;
        if (x.rows == TILE) {
          finish(head, unit, x, again);
        }
      }
      x.next = key;
      if (key < x.some.to(x.interval)) {
        return;
      }
      x.interval++;
    }
    if (x.rows > 0) {
      finish(head, unit, x, again);
    }
  }

  private void finish(PackedHead head, int unit, Panel x, boolean again) {
    tile(head, unit, x, again);
    x.rows = 0;
    x.openRows = 0;
  }

  private void tile(PackedHead head, int unit, Panel x, boolean again) {
    boolean full = x.openRows == x.rows;
    if (!full) {
      scopeBits(x);
      if (x.rows == 0) {
        return;
      }
    }
    x.locate(depth, columns);
    score(head, unit, x);
    if (plan.cap > 0) {
      Softcap.run(x.s, x.rows * x.width, plan.cap);
    }
    for (BiasStage bias : biases) {
      bias.apply(x);
    }
    if (!full) {
      SoftmaxStage.mask(x.s, x.openRows, x.rows, x.vectors, x.bits);
    }
    if (sink != null) {
      sink.tile(x);
      return;
    }
    if (again) {
      SoftmaxStage.weights(x.s, x.rows, x.vectors, x.m, x.l, x.lane);
      arrays.weights(x);
      return;
    }
    if (plan.topK > 0) {
      x.top.offer(x.s, x.rows, x.vectors, x.lanes, x.keys);
    }
    SoftmaxStage.step(x.s, x.rows, x.vectors, x.m, x.l, x.alpha);
    if (plan.pooled != null) {
      arrays.pool(x);
    }
    values(head, unit, x);
  }

  private void values(PackedHead head, int unit, Panel x) {
    x.findReach();
    ValueKernel.run(
        head.v,
        head.vStart + x.vStart,
        x.vRows,
        x.reach,
        columns,
        x.s,
        x.width,
        x.lanes,
        x.alpha,
        x.first,
        x.o);
    x.first = false;
    if (head.anyMarked()) {
      addMarked(head, unit, x);
    }
  }

  private void scopeBits(Panel x) {
    int count = x.ask();
    for (int g = 0; g < x.groups; g++) {
      long[] into = g == 0 ? x.bits : x.groupBits;
      scope.fill(
          x.batch, x.groupHead[g], x.groupFirst[g], x.groupCount[g], x.asked, count, into, x.scope);
      if (g > 0) {
        for (int row = 0; row < count; row++) {
          x.bits[row] |= x.groupBits[row] << x.groupLane[g];
        }
      }
    }
    x.keep(count);
  }

  private void score(PackedHead head, int unit, Panel x) {
    switch (plan.kind) {
      case DOT ->
          ScoreKernel.run(
              head.k, head.kStart + x.kStart, x.kRows, 0, x.rows, x.q, 0, x.vectors, depth, x.s);
      case ADDITIVE ->
          AdditiveKernel.run(
              head.k,
              head.kStart + x.kStart,
              x.kRows,
              x.rows,
              x.q,
              x.vectors,
              depth,
              plan.direction,
              plan.directionPerHead ? unit % packHeads * depth : 0,
              x.s);
      case GIVEN -> {
        if (given != null) {
          given.apply(x);
        }
      }
    }
  }

  private void addMarked(PackedHead head, int unit, Panel x) {
    int keyHead = unit % packHeads * in.keyHeads() / packHeads;
    for (int row = 0; row < x.rows; row++) {
      if (!head.marked(x.keys[row])) {
        continue;
      }
      Rows values = arrays.value();
      values.read(values.index(x.batch, keyHead, x.keys[row]), x.vector, 0, in.valueSize());
      for (int lane = 0; lane < x.lanes; lane++) {
        float p = x.s[row * x.width + lane];
        if (p != 0) {
          for (int c = 0; c < in.valueSize(); c++) {
            x.o[lane * columns + c] += p * x.vector[c];
          }
        }
      }
    }
  }

  private void writeOutput(Panel x) {
    int size = in.valueSize();
    if (x.first) {
      Arrays.fill(x.o, 0, x.lanes * columns, 0f);
    }
    for (int lane = 0; lane < x.lanes; lane++) {
      // A query without keys has a sum of 0 and an output of 0.
      x.lane[lane] = x.l[lane] == 0 ? 1 : 1 / x.l[lane];
    }
    Rows out = arrays.output();
    for (int g = 0; g < x.groups; g++) {
      int lane = x.groupLane[g];
      OutputKernel.write(
          x.o,
          lane * columns,
          columns,
          x.groupCount[g],
          size,
          x.lane,
          lane,
          out.segment(),
          4 * out.index(x.batch, x.groupHead[g], x.groupFirst[g]),
          4 * out.row());
    }
  }
}
