import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.parser.CanonicalModelClassFactory;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import io.github.linuxforhealth.hl7.ConverterOptions;
import io.github.linuxforhealth.hl7.HL7ToFHIRConverter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages per CPU second of two Java programs. Arguments: seconds to warm up, seconds to measure, then files; each
 * file holds messages of one class, one a line, its segments divided by the character U+001E.
 */
public class Peers {
    private interface Work {
        void on(String message) throws Exception;
    }

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    public static void main(String[] arguments) throws Exception {
        double warm = Double.parseDouble(arguments[0]);
        double measured = Double.parseDouble(arguments[1]);
        HL7ToFHIRConverter converter = new HL7ToFHIRConverter();
        ConverterOptions options = new ConverterOptions.Builder().build();
        DefaultHapiContext context = new DefaultHapiContext();
        context.setValidationContext(ValidationContextFactory.noValidation());
        context.setModelClassFactory(new CanonicalModelClassFactory("2.6"));
        PipeParser parser = context.getPipeParser();
        for (int n = 2; n < arguments.length; n++) {
            Path file = Path.of(arguments[n]);
            List<String> messages = new ArrayList<>();
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                messages.add(line.replace('\u001e', '\r'));
            }
            String name = file.getFileName().toString();
            report("linuxforhealth", name, messages, warm, measured, one -> converter.convert(one, options));
            report("hapi-parse", name, messages, warm, measured, parser::parse);
        }
    }

    private static void report(String peer, String name, List<String> messages, double warm, double measured, Work work)
            throws Exception {
        run(messages, warm, work);
        System.out.println(peer + "\t" + name + "\t" + run(messages, measured, work));
        System.out.flush();
    }

    private static double run(List<String> messages, double seconds, Work work) throws Exception {
        long begun = THREADS.getCurrentThreadCpuTime();
        long end = begun + (long) (seconds * 1e9);
        int done = 0;
        while (THREADS.getCurrentThreadCpuTime() < end) {
            work.on(messages.get(done++ % messages.size()));
        }
        return done / ((THREADS.getCurrentThreadCpuTime() - begun) / 1e9);
    }
}
