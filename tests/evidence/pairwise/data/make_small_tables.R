# Writes expected_small_tables.csv: numbers of metafor for measures and methods that the other files do not hold.
suppressMessages(library(metafor))
d <- data.frame(m1=c(10,5.5,3.2), s1=c(2,1.5,1.1), n1=c(20,35,12), m2=c(8.5,6,2.5), s2=c(2.5,1.2,.9), n2=c(22,30,15),
  x=c(3,0,10), n=c(30,25,10), t=c(120.5,88,31), a=c(0,5,0), na=c(20,30,25), b=c(3,30,0), nb=c(22,30,24), r=c(.5,.6,.7))
out <- data.frame()
put <- function(case, quantity, values) for (i in seq_along(values))
  out <<- rbind(out, data.frame(case=case, quantity=quantity, row=i, value=sprintf("%.12g", values[i])))
both <- function(m, e) { put(m, "yi", e$yi); put(m, "vi", e$vi) }
for (m in c("MD","SMD","VR")) both(m, escalc(m, m1i=m1, sd1i=s1, n1i=n1, m2i=m2, sd2i=s2, n2i=n2, data=d))
for (m in c("MC","SMCC")) both(m, escalc(m, m1i=m1, sd1i=s1, m2i=m2, sd2i=s2, ni=n1, ri=r, data=d))
for (m in c("PR","PLN","PLO","PAS","PFT")) both(m, escalc(m, xi=x, ni=n, data=d))
for (m in c("IR","IRLN","IRS")) both(m, escalc(m, xi=x, ti=t, data=d))
for (m in c("MN","MNLN")) both(m, escalc(m, mi=m1, sdi=s1, ni=n1, data=d))
for (m in c("RR","OR","RD","AS","PETO","PHI","YUQ")) both(m, escalc(m, ai=a, n1i=na, ci=b, n2i=nb, data=d))
for (m in c("IRR","IRD","IRSD")) both(m, escalc(m, x1i=a, t1i=na, x2i=b, t2i=nb, data=d))
z <- data.frame(a=c(0,5,0,7), na=c(20,30,25,40), b=c(3,30,0,9), nb=c(22,30,24,41))
pool <- function(case, r) { put(case, "estimate", r$beta); put(case, "se", r$se); put(case, "Q", r$QE) }
for (m in c("OR","RR","RD")) {
  pool(paste("zero MH", m), rma.mh(ai=a, n1i=na, ci=b, n2i=nb, measure=m, data=z))
  pool(paste("zero DL", m), rma(ai=a, n1i=na, ci=b, n2i=nb, measure=m, data=z, method="DL"))
}
pool("zero PETO OR", rma.peto(ai=a, n1i=na, ci=b, n2i=nb, data=z))
for (m in c("IRR","IRD")) pool(paste("hart MH", m), rma.mh(x1i=x1i, t1i=t1i, x2i=x2i, t2i=t2i, measure=m, data=dat.hart1999))
e <- escalc("RR", ai=tpos, bi=tneg, ci=cpos, di=cneg, data=dat.bcg)
r <- rma(yi, vi, data=e, method="DL"); inf <- influence(r)$inf
for (q in c("rstudent","dffits","cook.d","cov.r","tau2.del","QE.del","hat","weight")) put("bcg influence", q, inf[[q]])
for (est in c("L0","R0","Q0")) for (s in c("left","right")) {
  t <- trimfill(r, estimator=est, side=s); put(paste("bcg trimfill", est, s), "k0", t$k0); put(paste("bcg trimfill", est, s), "estimate", t$beta)
}
put("bcg cumulative", "estimate", cumul(r, order=year)$estimate)
for (m in c("DL","HE","HS","SJ")) put("bcg se_tau2", m, rma(yi, vi, data=e, method=m)$se.tau2)
write.csv(out, "expected_small_tables.csv", row.names=FALSE, quote=FALSE)
