import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.model.AbstractMessage;
import ca.uhn.hl7v2.model.GenericMessage;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Reads MLLP frames from stdin and prints one line for each: number, tab, "ok" or what HAPI says against it. */
public class Judge {
    public static void main(String[] arguments) throws IOException {
        DefaultHapiContext context = new DefaultHapiContext();
        context.setValidationContext(ValidationContextFactory.defaultValidation());
        PipeParser parser = context.getPipeParser();
        int number = 0;
        for (byte[] frame = next(System.in); frame != null; frame = next(System.in)) {
            System.out.println(number++ + "\t" + verdict(parser, frame));
        }
    }

    private static String verdict(PipeParser parser, byte[] frame) {
        try {
            Message message = parser.parse(new String(frame, charset(frame)));
            if (message instanceof GenericMessage) {
                return "no structure for this type and version";
            }
            for (String name : ((AbstractMessage) message).getNonStandardNames()) {
                if (!name.startsWith("Z")) {
                    return "segment " + name + " does not belong here";
                }
            }
            return "ok";
        } catch (HL7Exception problem) {
            return problem.getMessage().replace('\n', ' ').replace('\r', ' ');
        }
    }

    private static Charset charset(byte[] frame) {
        String[] header = new String(frame, StandardCharsets.ISO_8859_1).split("\r", 2)[0].split("\\|");
        String declared = header.length > 17 ? header[17] : "";
        if (declared.equals("8859/1")) {
            return StandardCharsets.ISO_8859_1;
        }
        return declared.equals("UNICODE UTF-8") ? StandardCharsets.UTF_8 : StandardCharsets.US_ASCII;
    }

    private static byte[] next(InputStream input) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        for (int b = input.read(); b >= 0; b = input.read()) {
            if (b == 0x0b) {
                frame.reset();
            } else if (b == 0x1c) {
                return frame.toByteArray();
            } else {
                frame.write(b);
            }
        }
        return null;
    }
}
