package narthex.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Limits the size of files and methods. */
class SourceSizeTest {
  private static final int FILE_LINES_BELOW = 400;
  private static final int METHOD_LINES_AT_MOST = 60;
  private static final Path SOURCES = Path.of("src");

  @Test
  void everyFileIsShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path file : javaFiles()) {
      long lines = Files.readAllLines(file, StandardCharsets.UTF_8).size();
      if (lines >= FILE_LINES_BELOW) {
        tooLong.add(file + " " + lines);
      }
    }

    assertEquals(List.of(), tooLong);
  }

  @Test
  void everyMethodIsShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    JavaSources.read(
        javaFiles(),
        task -> {
          SourcePositions positions = Trees.instance(task).getSourcePositions();
          for (CompilationUnitTree unit : task.parse()) {
            new MethodLengths(unit, positions, tooLong).scan(unit, null);
          }
        });

    assertEquals(List.of(), tooLong);
  }

  private static List<Path> javaFiles() throws IOException {
    List<Path> files = JavaSources.below(SOURCES);
    assertTrue(files.size() > 100, "the sources are not where they were");
    return files;
  }

  private static final class MethodLengths extends TreeScanner<Object, Object> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<String> tooLong;

    MethodLengths(CompilationUnitTree unit, SourcePositions positions, List<String> tooLong) {
      this.unit = unit;
      this.positions = positions;
      this.tooLong = tooLong;
    }

    @Override
    public Object visitMethod(MethodTree method, Object nothing) {
      LineMap lines = unit.getLineMap();
      long first = lines.getLineNumber(positions.getStartPosition(unit, method));
      long last = lines.getLineNumber(positions.getEndPosition(unit, method));
      if (last - first + 1 > METHOD_LINES_AT_MOST) {
        tooLong.add(
            String.format(
                Locale.ROOT,
                "%s %s %d",
                unit.getSourceFile().getName(),
                method.getName(),
                last - first));
      }
      return super.visitMethod(method, nothing);
    }
  }
}
