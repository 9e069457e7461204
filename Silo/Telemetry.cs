using Cmud.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Cmud.Silo;

/// <summary>Metrics for those who watch: at /metrics of the HTTP port in the text of Prometheus, and by OTLP to a collector.</summary>
internal static class Telemetry
{
    /// <summary>What variables of OpenTelemetry begin with; its own documentation says what there is.</summary>
    public const string Prefix = "OTEL_";

    /// <summary>Names the collector that metrics are sent to.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string ExportTimeout = "OTEL_EXPORTER_OTLP_TIMEOUT";

    /// <summary>Adds what exports metrics, where anybody asked for it. Else nothing is measured that nobody would see.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, ServerOptions options)
    {
        if (options.Http is null && options.Collector is null) return;

        // The last figures leave as the server ends, which a collector that does not answer must not hold up beyond what is promised.
        builder.Configuration.AddInMemoryCollection([new(ExportTimeout, "1000"), .. options.Telemetry.Select(static pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))]);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("cmud", serviceInstanceId: options.Name).AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(StoreMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
                if (options.Http is not null) metrics.AddPrometheusExporter();
                if (options.Collector is not null) metrics.AddOtlpExporter();
            });
    }
}
