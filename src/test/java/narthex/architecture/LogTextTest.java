package narthex.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.Types;
import org.junit.jupiter.api.Test;

/**
 * Log lines don't depend on the default locale. java.text.MessageFormat prints a number or a Date
 * in the default locale ("1,234", or other digits) and everything else by toString, so parameters
 * of log statements must not be numbers or Dates.
 */
class LogTextTest {
  private static final Path SOURCES = Path.of("src", "main", "java");

  @Test
  void noNumberIsLeftToTheFormatterOfTheLog() throws IOException {
    List<Parameters> found = new ArrayList<>();
    JavaSources.read(
        filesThatLog(),
        task -> {
          Iterable<? extends CompilationUnitTree> units = task.parse();
          task.analyze();
          Parameters parameters = new Parameters(task); // the types are known now
          units.forEach(unit -> parameters.scan(unit, null));
          found.add(parameters);
        });

    Parameters parameters = found.get(0);
    assertTrue(parameters.seen > 100, "the log calls are not found any more");
    assertEquals(List.of(), parameters.inDefaultLocale);
  }

  private static List<Path> filesThatLog() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path file : JavaSources.below(SOURCES)) {
      if (Files.readString(file).contains(".log(")) {
        files.add(file);
      }
    }
    return files;
  }

  /** Collects the parameters of System.Logger.log(level, format, parameters...). */
  private static final class Parameters extends TreePathScanner<Object, Object> {
    private static final int FIRST = 2;

    private final Trees trees;
    private final Types types;
    private final List<TypeMirror> localized;
    private final Element logger;
    private final List<String> inDefaultLocale = new ArrayList<>();
    private int seen;

    Parameters(JavacTask task) {
      this.trees = Trees.instance(task);
      this.types = task.getTypes();
      this.localized =
          Stream.of(Number.class, Date.class)
              .map(type -> task.getElements().getTypeElement(type.getName()).asType())
              .toList();
      this.logger = task.getElements().getTypeElement("java.lang.System.Logger");
    }

    @Override
    public Object visitMethodInvocation(MethodInvocationTree call, Object nothing) {
      Element method = trees.getElement(new TreePath(getCurrentPath(), call.getMethodSelect()));
      if (method != null
          && logger.equals(method.getEnclosingElement())
          && method.getSimpleName().contentEquals("log")) {
        List<? extends ExpressionTree> all = call.getArguments();
        all.subList(Math.min(FIRST, all.size()), all.size()).forEach(this::check);
      }
      return super.visitMethodInvocation(call, nothing);
    }

    private void check(ExpressionTree parameter) {
      if (parameter instanceof ConditionalExpressionTree choice) {
        check(choice.getTrueExpression());
        check(choice.getFalseExpression());
        return;
      }
      seen++;
      TypeMirror type = trees.getTypeMirror(new TreePath(getCurrentPath(), parameter));
      if (isLocalized(type)) {
        String file = getCurrentPath().getCompilationUnit().getSourceFile().getName();
        inDefaultLocale.add(file + " " + parameter + " (" + type + ")");
      }
    }

    private boolean isLocalized(TypeMirror type) {
      return switch (type.getKind()) {
        case BOOLEAN, CHAR, UNION -> false; // a union is the type of a multi-catch clause
        case DECLARED -> isObject(type) || localized.stream().anyMatch(isSuperOf(type));
        default -> true; // a number, or a type that may hold one
      };
    }

    private Predicate<TypeMirror> isSuperOf(TypeMirror type) {
      return localizedType -> types.isSubtype(type, localizedType);
    }

    private static boolean isObject(TypeMirror type) {
      return type.toString().equals(Object.class.getName());
    }
  }
}
